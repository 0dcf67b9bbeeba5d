using System.Buffers.Binary;
using System.Numerics;

namespace ComputeVoucher.Bn254;

/// <summary>Number-theoretic transforms over a domain of 2^k points: from values on it to values on
/// its coset of odd points, between which the polynomial is never put in order.</summary>
internal sealed class Transform
{
    private readonly int _log;
    // [n / 2] powers of the domain's generator, and of its inverse.
    private readonly Fr[] _roots;
    private readonly Fr[] _inverseRoots;
    private readonly Fr _shift;

    /// <param name="size">A power of two, at most 2^27: the coset needs twice as many.</param>
    public Transform(int size)
    {
        _log = BitOperations.Log2((uint)size);
        _shift = Root(2 * size);
        Fr root = _shift.Square();
        _roots = Powers(root, size / 2);
        _inverseRoots = Powers(root.Inverse(), size / 2);
    }

    /// <summary>The root of unity of this order, a power of two, that snarkjs takes.</summary>
    public static Fr Root(int order)
    {
        Fr root = ScalarPrime.RootOfUnity;
        for (int i = ScalarPrime.TwoAdicity; i > BitOperations.Log2((uint)order); i--)
        {
            root = root.Square();
        }

        return root;
    }

    /// <summary>Values at the powers of the generator become values at the odd powers of its root,
    /// in place.</summary>
    public void ToCoset(Fr[] values)
    {
        // Decimation in frequency leaves coefficient i where the bits of i are reversed, from where
        // decimation in time goes on.
        for (int half = values.Length / 2; half >= 1; half /= 2)
        {
            int step = values.Length / (2 * half);
            for (int start = 0; start < values.Length; start += 2 * half)
            {
                for (int i = 0; i < half; i++)
                {
                    Fr upper = values[start + i];
                    Fr lower = values[start + i + half];
                    values[start + i] = upper + lower;
                    values[start + i + half] = (upper - lower) * _inverseRoots[i * step];
                }
            }
        }

        Shift(values);
        for (int half = 1; half < values.Length; half *= 2)
        {
            int step = values.Length / (2 * half);
            for (int start = 0; start < values.Length; start += 2 * half)
            {
                for (int i = 0; i < half; i++)
                {
                    Fr upper = values[start + i];
                    Fr lower = values[start + i + half] * _roots[i * step];
                    values[start + i] = upper + lower;
                    values[start + i + half] = upper - lower;
                }
            }
        }
    }

    /// <summary>Coefficient i times shift^i, over the number of points.</summary>
    private void Shift(Fr[] coefficients)
    {
        Fr factor = Fr.FromInteger((ulong)coefficients.Length).Inverse();
        for (uint i = 0; i < coefficients.Length; i++)
        {
            int at = _log == 0 ? 0 : (int)(Reverse(i) >> (32 - _log));
            coefficients[at] *= factor;
            factor *= _shift;
        }
    }

    private static uint Reverse(uint value)
    {
        value = ((value >> 1) & 0x55555555) | ((value & 0x55555555) << 1);
        value = ((value >> 2) & 0x33333333) | ((value & 0x33333333) << 2);
        value = ((value >> 4) & 0x0f0f0f0f) | ((value & 0x0f0f0f0f) << 4);
        return BinaryPrimitives.ReverseEndianness(value);
    }

    private static Fr[] Powers(in Fr root, int count)
    {
        Fr[] powers = new Fr[count];
        Fr power = Fr.One;
        for (int i = 0; i < count; i++)
        {
            powers[i] = power;
            power *= root;
        }

        return powers;
    }
}
