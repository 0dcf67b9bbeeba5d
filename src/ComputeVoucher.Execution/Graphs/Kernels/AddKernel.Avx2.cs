using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// ADD of equal shapes on AVX2: eight elements at a time through the same fixed point.
/// </summary>
// Safety: see IKernel; vectors stop before the last element, the rest is scalar.
internal sealed unsafe class AddKernel(Add op) : IKernel
{
    public long ScratchBytes => 0;

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch)
    {
        sbyte* first = inputs[0].Data;
        sbyte* second = inputs[1].Data;
        int count = op.Output.Elements;
        Factor a = new(op.First), b = new(op.Second), sum = new(op.Total);
        Vector256<int> zeroA = Vector256.Create(op.Wiring.Inputs[0].ZeroPoint);
        Vector256<int> zeroB = Vector256.Create(op.Wiring.Inputs[1].ZeroPoint);
        Vector256<int> zero = Vector256.Create(op.Output.ZeroPoint);
        Vector256<int> min = Vector256.Create(op.End.Min);
        Vector256<int> max = Vector256.Create(op.End.Max);
        int i = 0;
        for (; i + 8 <= count; i += 8)
        {
            Vector256<int> x = Avx2.Subtract(Avx2.ConvertToVector256Int32(first + i), zeroA);
            Vector256<int> y = Avx2.Subtract(Avx2.ConvertToVector256Int32(second + i), zeroB);
            x = a.Apply(Avx2.ShiftLeftLogical(x, Add.SpareBits));
            y = b.Apply(Avx2.ShiftLeftLogical(y, Add.SpareBits));
            x = Avx2.Add(sum.Apply(Avx2.Add(x, y)), zero);
            x = Avx2.Max(min, Avx2.Min(max, x));
            Vector128<short> words = Sse2.PackSignedSaturate(x.GetLower(), x.GetUpper());
            Sse2.StoreScalar(
                (long*)(output + i), Sse2.PackSignedSaturate(words, words).AsInt64());
        }

        for (; i < count; i++)
        {
            output[i] = op.Sum(first[i], second[i]);
        }
    }

    /// <summary>A <see cref="Rescale"/> in every lane.</summary>
    private readonly struct Factor(Rescale rescale)
    {
        private readonly Vector256<int> _multiplier = Vector256.Create(rescale.Multiplier);
        private readonly Vector256<int> _left = Vector256.Create(Math.Max(rescale.Shift, 0));
        private readonly Vector256<int> _right = Vector256.Create(Math.Max(-rescale.Shift, 0));

        public Vector256<int> Apply(Vector256<int> x) =>
            FixedPointLanes.MultiplyByQuantizedMultiplier(x, _multiplier, _left, _right);
    }
}
