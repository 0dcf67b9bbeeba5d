using System;
using System.Buffers.Binary;
using System.IO;

namespace ComputeVoucher.Bn254;

/// <summary>Writes an .r1cs file, constraint by constraint; what only the end knows, the counts, is
/// put into the head at the end. Every wire is its own label.</summary>
internal sealed class ConstraintWriter
{
    private const int HeadSize = 12;
    private const int SectionHeadSize = 12;
    private const int CountsSize = sizeof(uint) + Scalar.Size + (4 * sizeof(uint))
        + sizeof(ulong) + sizeof(uint);

    private readonly Stream _stream;
    private long _terms;

    /// <param name="stream">Can be sought in; empty.</param>
    public ConstraintWriter(Stream stream)
    {
        _stream = stream;
        stream.SetLength(HeadSize + SectionHeadSize + CountsSize + SectionHeadSize);
        stream.Seek(0, SeekOrigin.End);
    }

    /// <summary>One of the three sums of a constraint: A, then B, then C.</summary>
    /// <param name="wires">None twice.</param>
    /// <param name="factors">As many.</param>
    public void Write(ReadOnlySpan<int> wires, ReadOnlySpan<Fr> factors)
    {
        Span<byte> term = stackalloc byte[sizeof(uint) + Scalar.Size];
        Put((uint)wires.Length);
        for (int i = 0; i < wires.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(term, wires[i]);
            Scalar.Of(factors[i]).WriteLittleEndian(term[sizeof(uint)..]);
            _stream.Write(term);
        }

        _terms += sizeof(uint) + ((long)term.Length * wires.Length);
    }

    /// <summary>Labels, and the head.</summary>
    /// <param name="wires">All of them, the constant among them.</param>
    /// <param name="outputs">Public words that the circuit gives: wires 1 and following.</param>
    /// <param name="inputs">Public words that it takes: the wires after these.</param>
    /// <param name="constraints">Written so far.</param>
    public void Finish(int wires, int outputs, int inputs, int constraints)
    {
        PutSection(3, (long)wires * sizeof(ulong));
        for (int wire = 0; wire < wires; wire++)
        {
            Put((ulong)wire);
        }

        _stream.Position = 0;
        _stream.Write("r1cs"u8);
        Put(1u);
        Put(3u);
        PutSection(1, CountsSize);
        Put((uint)Scalar.Size);
        Put(ScalarPrime.Limb0);
        Put(ScalarPrime.Limb1);
        Put(ScalarPrime.Limb2);
        Put(ScalarPrime.Limb3);
        Put((uint)wires);
        Put((uint)outputs);
        Put((uint)inputs);
        Put((uint)(wires - 1 - outputs - inputs));
        Put((ulong)wires);
        Put((uint)constraints);
        PutSection(2, _terms);
    }

    private void PutSection(uint id, long length)
    {
        Put(id);
        Put((ulong)length);
    }

    private void Put(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _stream.Write(bytes);
    }

    private void Put(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _stream.Write(bytes);
    }
}
