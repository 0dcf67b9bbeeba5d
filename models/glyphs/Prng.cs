namespace ComputeVoucher.Models.Glyphs;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): one seed, the same data and weights every
/// time.</summary>
internal sealed class Prng
{
    private ulong _state;

    public Prng(ulong seed) => _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public float Uniform() => (Next() >> 40) * (1f / (1 << 24));

    public float Between(float low, float high) => low + (high - low) * Uniform();

    public int Below(int bound) => (int)(Next() % (ulong)bound);

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
}
