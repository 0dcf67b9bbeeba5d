namespace ComputeVoucher.Faults;

/// <summary>SplitMix64: the same numbers for the same seed on every machine and runtime.</summary>
public sealed class Seeded(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 … below - 1.</summary>
    public int Below(int below) => (int)(Next() % (ulong)below);

    public bool Chance(int percent) => Below(100) < percent;

    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = (byte)Next();
        }

        return bytes;
    }
}
