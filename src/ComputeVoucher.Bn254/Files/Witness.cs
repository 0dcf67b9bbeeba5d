using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Bn254;

/// <summary>Values of all wires of a circuit: the constant 1, the public words, the rest; a .wtns
/// file of version 2.</summary>
public sealed class Witness
{
    internal Witness(Scalar[] values) => Values = values;

    internal Scalar[] Values { get; }

    /// <param name="stream">Can be sought in; read to memory.</param>
    /// <exception cref="ProofException">Another file, a value not below r, no 1 at the beginning.
    /// </exception>
    public static Witness Read(Stream stream)
    {
        SectionFile file = new(stream, "wtns"u8, version: 2);
        file.Open(1);
        file.RequirePrime<ScalarPrime>();
        uint count = file.ReadUInt32();
        if (count is 0 or > CircuitLimits.WiresMax)
        {
            throw new ProofException(
                $"{count} values, between 1 and {CircuitLimits.WiresMax} are wanted");
        }

        file.Open(2, (long)count * Scalar.Size);
        Scalar[] values = file.Read<Scalar>((int)count);
        foreach (Scalar value in values)
        {
            if (!value.IsReduced)
            {
                throw new ProofException("a value is not below r");
            }
        }

        return values[0].IsOne
            ? new Witness(values)
            : throw new ProofException("its first value is not the constant 1");
    }

    /// <summary>Writes a .wtns file.</summary>
    public void Write(Stream stream)
    {
        Span<byte> head = stackalloc byte[24 + sizeof(uint) + Scalar.Size + sizeof(uint) + 12];
        "wtns"u8.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], 40);
        BinaryPrimitives.WriteUInt32LittleEndian(head[24..], Scalar.Size);
        BinaryPrimitives.WriteUInt64LittleEndian(head[28..], ScalarPrime.Limb0);
        BinaryPrimitives.WriteUInt64LittleEndian(head[36..], ScalarPrime.Limb1);
        BinaryPrimitives.WriteUInt64LittleEndian(head[44..], ScalarPrime.Limb2);
        BinaryPrimitives.WriteUInt64LittleEndian(head[52..], ScalarPrime.Limb3);
        BinaryPrimitives.WriteInt32LittleEndian(head[60..], Values.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[64..], 2);
        BinaryPrimitives.WriteInt64LittleEndian(head[68..], (long)Values.Length * Scalar.Size);
        stream.Write(head);
        stream.Write(MemoryMarshal.AsBytes<Scalar>(Values));
    }
}
