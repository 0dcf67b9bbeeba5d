using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Disputes;

/// <summary>An element of the trace whose operands are asked for, among the opened leaves.
/// </summary>
/// <param name="Tensor">List index.</param>
/// <param name="Element">Number in the tensor's own order.</param>
public readonly record struct OperandsRequest(int Tensor, int Element)
{
    /// <summary>Of the encoding: two numbers of four bytes, big endian.</summary>
    private const int Bytes = 8;

    public byte[] Encode()
    {
        byte[] bytes = new byte[Bytes];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Tensor);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(sizeof(int)), Element);
        return bytes;
    }

    /// <summary>Null where the bytes are no request.</summary>
    public static OperandsRequest? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes)
        {
            return null;
        }

        OperandsRequest request = new(
            BinaryPrimitives.ReadInt32BigEndian(bytes),
            BinaryPrimitives.ReadInt32BigEndian(bytes[sizeof(int)..]));
        return request.Tensor >= 0 && request.Element >= 0 ? request : null;
    }
}
