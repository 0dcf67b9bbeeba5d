using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests.Language;

/// <summary>What is admitted can be run to its end, and again in a dispute.</summary>
public sealed class LongestOrderTests
{
    /// <summary>Of one side, seconds: Clocks.BUDGET.</summary>
    private const ulong BudgetSeconds = 7 * 86_400 / 2;

    /// <summary>Units a second with the trace, on the machine that LlamaProofSize counts with.
    /// </summary>
    private const ulong UnitsPerSecond = 4_000_000_000;

    /// <summary>A list holds the tensors of the longest order of a shape, however it is divided
    /// into prompt and steps, and a quarter of the provider's time is enough for it. One position
    /// more is refused, for one of the two.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LongestOrderOfEveryAdmittedShapeHasATraceRoot(bool isSlow)
    {
        Prng numbers = new(Runs.IsFull ? Runs.Fresh : 20_261_129);
        for (int i = 0; i < Runs.Count(60, 5_000); i++)
        {
            LlamaShape shape = AdmittedShapes.Any(numbers, isSlow);
            int context = AdmittedShapes.LongestContext(shape);
            HasATraceRoot(shape with { Context = context }, numbers);
            (long tensors, ulong units) = Longest(shape with { Context = context + 1 });
            Assert.Equal(isSlow, units > UnitsPerSecond * BudgetSeconds / 4);
            Assert.True(isSlow || tensors > TraceTree.ListCountMax);
        }
    }

    /// <summary>Small and large shapes alike, whatever ends their context.</summary>
    [Fact]
    public void AnyAdmittedShape_HasATraceRoot()
    {
        Prng numbers = new(Runs.IsFull ? Runs.Fresh : 20_261_130);
        int admitted = 0;
        for (int i = 0; i < Runs.Count(2_000, 200_000); i++)
        {
            int Up(int most) => numbers.Between(1, most >> numbers.Between(0, 6));
            int kvHeads = Up(64);
            LlamaShape shape = new(
                Up(LlamaShape.DimMax), Up(LlamaShape.HiddenMax), Up(LlamaShape.LayersMax),
                kvHeads * numbers.Between(1, 4), kvHeads, 2 * Up(LlamaShape.HeadDimMax / 2),
                Up(LlamaShape.VocabMax), Up(LlamaShape.ContextMax));
            if (AdmittedShapes.Problem(shape) is null)
            {
                HasATraceRoot(shape, numbers);
                admitted++;
            }
        }

        Assert.InRange(admitted, 200, int.MaxValue);
    }

    private static void HasATraceRoot(LlamaShape shape, Prng numbers)
    {
        LlamaArchitecture model = AdmittedShapes.Architecture(shape);
        foreach (int prompt in new[] { 1, numbers.Between(1, shape.Context), shape.Context })
        {
            foreach (uint topK in new[] { 0u, SamplingOptions.TopKMax })
            {
                uint steps = (uint)(shape.Context - prompt + 1);
                TraceLayout layout = new(model, new RecordHeader(
                    prompt, steps, 0, new(topK, topK, topK, 0)));
                long tensors = layout.Tensors(steps);
                Assert.InRange(tensors, 1, TraceTree.ListCountMax);
                _ = layout.Index(layout.Locate((int)tensors - 1));
            }
        }

        Assert.InRange(Longest(shape).Units, 1UL, UnitsPerSecond * BudgetSeconds / 4);
    }

    private static (long Tensors, ulong Units) Longest(LlamaShape shape)
    {
        TraceLayout layout = new(AdmittedShapes.Architecture(shape), new RecordHeader(
            1, (uint)shape.Context, 0, new(1, 1, 1, 0)));
        return (
            layout.Tensors((uint)shape.Context),
            new LlamaCosts(shape).Run(1, (uint)shape.Context, WantedProofs.None));
    }
}
