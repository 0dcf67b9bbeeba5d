using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// MEAN on AVX2 where the reduced dimensions are adjacent, as height and width are: rows of
/// inner elements are added up, eight sums at a time.
/// </summary>
// Safety: see IKernel; vectors stop before the last inner element, the rest is scalar.
internal sealed unsafe class MeanKernel : IKernel
{
    private readonly Mean _op;
    private readonly int _count;
    private readonly int _inner;

    public MeanKernel(Mean op)
    {
        _op = op;
        _count = op.Count;
        _inner = 1;
        for (int i = op.Input.Rank - 1; i >= 0 && (op.Axes >> i & 1) == 0; i--)
        {
            _inner *= op.Input[i];
        }
    }

    public long ScratchBytes => 0;

    /// <summary>Whether the reduced dimensions are one run.</summary>
    public static bool Fits(Mean op)
    {
        int lowest = op.Axes & -op.Axes;
        return op.Axes != 0 && ((op.Axes + lowest) & op.Axes) == 0;
    }

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch)
    {
        sbyte* input = inputs[0].Data;
        int outer = _op.Output.Elements / _inner;
        int* sums = stackalloc int[8];
        for (int o = 0; o < outer; o++)
        {
            int i = 0;
            for (; i + 8 <= _inner; i += 8)
            {
                Vector256<int> sum = Vector256<int>.Zero;
                sbyte* from = input + i;
                for (int r = 0; r < _count; r++, from += _inner)
                {
                    sum = Avx2.Add(sum, Avx2.ConvertToVector256Int32(from));
                }

                Avx.Store(sums, sum);
                for (int lane = 0; lane < 8; lane++)
                {
                    output[i + lane] = _op.Finish(sums[lane]);
                }
            }

            for (; i < _inner; i++)
            {
                int sum = 0;
                for (int r = 0; r < _count; r++)
                {
                    sum += input[r * _inner + i];
                }

                output[i] = _op.Finish(sum);
            }

            input += _count * _inner;
            output += _inner;
        }
    }
}
