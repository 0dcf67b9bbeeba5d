using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Bn254;

/// <summary>Writes a .zkey file of Groth16, section by section.</summary>
internal sealed class KeyWriter
{
    private const uint Sections = 10;
    private const uint Groth16 = 1;

    private readonly Stream _stream;
    private long _begun;

    /// <param name="stream">Can be sought in; empty.</param>
    public KeyWriter(Stream stream)
    {
        _stream = stream;
        stream.Write("zkey"u8);
        Put(1u);
        Put(Sections);
        Head(1, sizeof(uint));
        Put(Groth16);
    }

    /// <summary>What stands where a ceremony's key has the hash of its circuit: 64 bytes.</summary>
    private static ReadOnlySpan<byte> Mark =>
        "development key, from a public seed: anybody can forge proofs   "u8;

    /// <summary>Begins the section of coefficients, whose length is known at its end.</summary>
    public void Begin(uint section)
    {
        Head(section, 0);
        _begun = _stream.Position;
    }

    /// <summary>Ends it, with the count at its beginning.</summary>
    public void End(uint count)
    {
        long end = _stream.Position;
        _stream.Position = _begun - sizeof(ulong);
        Put((ulong)(end - _begun));
        Put(count);
        _stream.Position = end;
    }

    public void Put(int matrix, int constraint, int wire, in Fr factor)
    {
        Put((uint)matrix);
        Put((uint)constraint);
        Put((uint)wire);
        Put(factor * Fr.RadixSquared);
    }

    /// <summary>The head: sizes, and the key's own points.</summary>
    /// <param name="section">Its number.</param>
    /// <param name="wires">All wires.</param>
    /// <param name="words">The public ones.</param>
    /// <param name="domain">A power of two.</param>
    /// <param name="g1">alpha, beta, delta.</param>
    /// <param name="g2">beta, gamma, delta.</param>
    public void Write(uint section, int wires, int words, int domain,
        AffinePoint<Fp>[] g1, AffinePoint<Fp2>[] g2)
    {
        const int Counts = 3 * sizeof(uint);
        const int Prime = sizeof(uint) + Fp.Size;
        Head(section, (2 * Prime) + Counts + (3 * 2 * Fp.Size) + (3 * 4 * Fp.Size));
        PutPrime<BasePrime>();
        PutPrime<ScalarPrime>();
        Put((uint)wires);
        Put((uint)words);
        Put((uint)domain);
        Put(g1[0]);
        Put(g1[1]);
        Put(g2[0]);
        Put(g2[1]);
        Put(g1[2]);
        Put(g2[2]);
    }

    public void Write<T>(uint section, T[] points)
        where T : unmanaged
    {
        Head(section, (long)points.Length * Unsafe.SizeOf<T>());
        foreach (ref readonly T point in points.AsSpan())
        {
            Put(point);
        }
    }

    /// <summary>The section of contributions, of which there are none.</summary>
    public void Finish()
    {
        Head(10, Mark.Length + sizeof(uint));
        _stream.Write(Mark);
        Put(0u);
    }

    public void Put(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _stream.Write(bytes);
    }

    private void PutPrime<TPrime>()
        where TPrime : struct, IPrime
    {
        Put((uint)Fp.Size);
        Put(TPrime.Limb0);
        Put(TPrime.Limb1);
        Put(TPrime.Limb2);
        Put(TPrime.Limb3);
    }

    private void Head(uint section, long length)
    {
        Put(section);
        Put((ulong)length);
    }

    private void Put(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _stream.Write(bytes);
    }

    private void Put<T>(in T value)
        where T : unmanaged =>
        _stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
}
