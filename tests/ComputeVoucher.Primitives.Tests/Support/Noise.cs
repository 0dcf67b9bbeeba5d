using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Primitives.Tests.Support;

/// <summary>Bytes and numbers from a seed (SplitMix64): the same on every run.</summary>
internal sealed class Noise(ulong seed)
{
    private ulong _state = seed;

    public static byte[] Bytes(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Noise((ulong)seed).Fill(bytes);
        return bytes;
    }

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="bound"/> − 1.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public void Fill(Span<byte> bytes)
    {
        Span<byte> word = stackalloc byte[8];
        for (int i = 0; i < bytes.Length; i += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Next());
            word[..Math.Min(8, bytes.Length - i)].CopyTo(bytes[i..]);
        }
    }
}
