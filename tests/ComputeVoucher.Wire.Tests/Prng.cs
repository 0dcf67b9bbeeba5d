using System;

namespace ComputeVoucher.Wire.Tests;

/// <summary>xorshift64*: the same numbers for the same seed everywhere.</summary>
internal sealed class Prng(ulong seed)
{
    private ulong _state = seed == 0 ? 0x9E3779B97F4A7C15 : seed;

    public ulong Next()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545F4914F6CDD1D;
    }

    /// <summary>0 to limit − 1.</summary>
    public int Below(int limit) => (int)((Next() >> 33) % (ulong)limit);

    public void Fill(Span<byte> bytes)
    {
        foreach (ref byte one in bytes)
        {
            one = (byte)(Next() >> 56);
        }
    }

    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }
}
