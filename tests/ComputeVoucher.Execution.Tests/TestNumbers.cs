using System;

namespace ComputeVoucher.Execution.Tests;

/// <summary>Numbers from a seed: SplitMix64 (Steele, Lea, Flood 2014).</summary>
internal sealed class TestNumbers(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From least to greatest, both included.</summary>
    public int Between(int least, int greatest) =>
        (int)(least + (long)(Next() % (ulong)((long)greatest - least + 1)));

    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = (byte)Next();
        }

        return bytes;
    }

    public sbyte[] SignedBytes(int count) => (sbyte[])(Array)Bytes(count);
}
