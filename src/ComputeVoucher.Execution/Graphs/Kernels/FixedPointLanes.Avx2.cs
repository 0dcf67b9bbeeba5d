using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Eight lanes of the double-rounding requantization, equal to the scalar lane by lane.
/// </summary>
internal static class FixedPointLanes
{
    /// <param name="x">Accumulators.</param>
    /// <param name="multiplier">Multipliers, one per lane.</param>
    /// <param name="left">max(shift, 0) per lane.</param>
    /// <param name="right">max(−shift, 0) per lane.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyByQuantizedMultiplier(
        Vector256<int> x, Vector256<int> multiplier, Vector256<int> left, Vector256<int> right)
    {
        x = Avx2.ShiftLeftLogicalVariable(x, left.AsUInt32());

        // (ab + 2^30) >> 31 in 64 bits: even lanes leave their 32 bits low, odd lanes high.
        Vector256<long> half = Vector256.Create(1L << 30);
        Vector256<long> even = Avx2.Add(Avx2.Multiply(x, multiplier), half);
        Vector256<long> odd = Avx2.Add(
            Avx2.Multiply(
                Avx2.ShiftRightLogical(x.AsInt64(), 32).AsInt32(),
                Avx2.ShiftRightLogical(multiplier.AsInt64(), 32).AsInt32()),
            half);
        Vector256<int> high = Avx2.Blend(
            Avx2.ShiftRightLogical(even, 31).AsInt32(),
            Avx2.ShiftLeftLogical(odd, 1).AsInt32(),
            0b10101010);

        // Divide by 2^right: add one where the rest is above half, ties away from zero.
        Vector256<int> mask = Avx2.Subtract(
            Avx2.ShiftLeftLogicalVariable(Vector256<int>.One, right.AsUInt32()),
            Vector256<int>.One);
        Vector256<int> threshold = Avx2.Subtract(
            Avx2.ShiftRightLogical(mask, 1), Avx2.ShiftRightArithmetic(high, 31));
        Vector256<int> up = Avx2.CompareGreaterThan(Avx2.And(high, mask), threshold);
        return Avx2.Subtract(Avx2.ShiftRightArithmeticVariable(high, right.AsUInt32()), up);
    }
}
