using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Disputes;

/// <summary>An element of the trace whose operands are asked for, among the opened leaves.
/// </summary>
/// <remarks>Two numbers of four bytes, big endian; of the witness of a maximum a third one, the
/// index of what is said to stand before it.</remarks>
/// <param name="Tensor">List index.</param>
/// <param name="Element">Number in the tensor's own order.</param>
/// <param name="Rival">Of a witness; <see cref="ElementProof.NoRival"/> of everything else.</param>
public readonly record struct OperandsRequest(
    int Tensor, int Element, uint Rival = ElementProof.NoRival)
{
    private const int Bytes = 2 * sizeof(int);
    private const int RivalBytes = 3 * sizeof(int);

    public byte[] Encode()
    {
        byte[] bytes = new byte[Rival == ElementProof.NoRival ? Bytes : RivalBytes];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Tensor);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(sizeof(int)), Element);
        if (Rival != ElementProof.NoRival)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(Bytes), Rival);
        }

        return bytes;
    }

    /// <summary>Null where the bytes are no request.</summary>
    public static OperandsRequest? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is not (Bytes or RivalBytes))
        {
            return null;
        }

        OperandsRequest request = new(
            BinaryPrimitives.ReadInt32BigEndian(bytes),
            BinaryPrimitives.ReadInt32BigEndian(bytes[sizeof(int)..]),
            bytes.Length == Bytes
                ? ElementProof.NoRival : BinaryPrimitives.ReadUInt32BigEndian(bytes[Bytes..]));
        bool isOneForm = bytes.Length == Bytes || request.Rival != ElementProof.NoRival;
        return request.Tensor >= 0 && request.Element >= 0 && isOneForm ? request : null;
    }
}
