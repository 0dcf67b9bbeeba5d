using System;

namespace ComputeVoucher.ModelFiles;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed on every
/// machine and runtime. The shipped models and every seeded test hang on its sequence.</summary>
public sealed class Prng(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public float Uniform() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [low, high).</summary>
    public float Between(float low, float high) => low + (high - low) * Uniform();

    /// <summary>From least to greatest, both included.</summary>
    public int Between(int least, int greatest) =>
        (int)(least + (long)(Next() % (ulong)((long)greatest - least + 1)));

    /// <summary>0 to bound − 1.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public bool Chance(int percent) => Below(100) < percent;

    /// <summary>Mean 0, variance 1: the sum of twelve uniforms less six.</summary>
    public float Normal()
    {
        float sum = -6f;
        for (int i = 0; i < 12; i++)
        {
            sum += Uniform();
        }

        return sum;
    }

    public void Fill(Span<byte> bytes)
    {
        foreach (ref byte one in bytes)
        {
            one = (byte)Next();
        }
    }

    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }

    public sbyte[] SignedBytes(int count) => (sbyte[])(Array)Bytes(count);
}
