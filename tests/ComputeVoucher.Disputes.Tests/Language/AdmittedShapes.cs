using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Disputes.Tests.Language;

/// <summary>Shapes that are admitted up to some context, which is below the longest.</summary>
internal static class AdmittedShapes
{
    private const int TriesMax = 1_000;

    /// <param name="numbers">Random.</param>
    /// <param name="isSlow">Whether units end its context; else tensors do.</param>
    public static LlamaShape Any(Prng numbers, bool isSlow)
    {
        for (int tries = 0; ;)
        {
            int kvHeads = numbers.Between(1, 2);
            LlamaShape shape = isSlow
                ? new(
                    LlamaShape.DimMax - numbers.Between(0, 9),
                    LlamaShape.HiddenMax - numbers.Between(0, 9), numbers.Between(20, 60),
                    2, 1, 128, numbers.Between(1, 100), 1)
                : new(
                    numbers.Between(1, 256), numbers.Between(1, 256),
                    numbers.Between(40, LlamaShape.LayersMax), 2 * kvHeads, kvHeads,
                    2 * numbers.Between(1, 16), numbers.Between(1, 32_000), 1);
            string problem =
                Problem(shape with { Context = LongestContext(shape) + 1 }) ?? "";
            if (problem.Contains(isSlow ? " units," : " tensors,", StringComparison.Ordinal))
            {
                return shape;
            }

            Assert.True(++tries < TriesMax, problem);
        }
    }

    /// <summary>The most positions that are admitted.</summary>
    public static int LongestContext(LlamaShape shape)
    {
        int low = 1;
        for (int high = LlamaShape.ContextMax; high - low > 1;)
        {
            int middle = (low + high) / 2;
            (low, high) = Problem(shape with { Context = middle }) is null
                ? (middle, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The architecture of a shape: matrices of the smallest cells.</summary>
    public static LlamaArchitecture Architecture(LlamaShape shape)
    {
        byte[] kinds = new byte[3 + 9 * shape.Layers];
        for (int i = 0; i < kinds.Length; i++)
        {
            bool isNorm = i < 3 ? i == 2 : (i - 3) % 9 < 2;
            kinds[i] = (byte)(isNorm ? 0 : WeightForm.Int4);
        }

        (int multiplier, int shift) = LlamaParameters.Score(shape.HeadDim);
        return new(shape, 5, multiplier, shift, 32, Tied: false, kinds);
    }

    /// <summary>Why import and judge refuse it; null where they do not.</summary>
    public static string? Problem(LlamaShape shape)
    {
        try
        {
            new LlamaProofSize(Architecture(shape)).Check();
            return null;
        }
        catch (ModelException e)
        {
            return e.Message;
        }
    }
}
