using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>The layout says what a run commits to, in its order.</summary>
public sealed class TraceLayoutTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Order_OfEveryPosition_IsThatOfTheMathematics(bool drawn)
    {
        TraceLayout layout = Run(drawn, out List<(string Name, int[] Dims, TracePlace At)> list);
        List<string> expected = ["input"];
        for (int position = 0; position < 100; position++)
        {
            string layer = "attention.norm.scalars attention.norm qkv rope.scalars rope " +
                "weights.scalars weights " +
                (position >= 96 ? "weights.sum weights.mix " : "") +
                "attention.output.scalars attention.output attention " +
                "feedforward.norm.scalars feedforward.norm gate_up swiglu.scalars swiglu " +
                "feedforward";
            expected.Add("embed");
            expected.AddRange(layer.Split(' '));
            expected.AddRange(layer.Split(' '));
            string head = "final.norm.scalars final.norm logits " +
                (drawn ? "candidates candidates.logits token" : "token");
            expected.AddRange(position >= 97 ? head.Split(' ') : []);
        }

        Assert.Equal(expected, list.Select(t => t.Name));
        Assert.Equal(list.Count, layout.Tensors(3));
        for (int i = 0; i < list.Count; i++)
        {
            TracePlace at = layout.Locate(i);
            Assert.Equal(i, layout.Index(at));
            Assert.Equal(list[i].Name, TraceLayout.Name(at.Tensor));
            Assert.Equal(list[i].Dims, layout.Dims(at));
        }
    }

    [Fact]
    public void Scalars_OfATensor_StandBeforeItInTheOrderOfTheMathematics()
    {
        TraceLayout layout = Run(false, out _);
        const string Row = "RowWitness RowExponent";
        const string Norm = "NormWitness NormMax NormSquares NormRoot " + Row;
        const string Head = "SoftmaxWitness SoftmaxMax";
        (TraceTensor, string)[] expected =
        [
            (TraceTensor.AttentionNorm, Norm), (TraceTensor.FeedForwardNorm, Norm),
            (TraceTensor.FinalNorm, Norm), (TraceTensor.SwiGlu, Row),
            (TraceTensor.Rope, $"{Row} {Row} {Row} {Row}"),
            (TraceTensor.Weights, $"{Head} {Head}"),
            (TraceTensor.AttentionOutput, $"SoftmaxSum SoftmaxSum {Row}"),
        ];
        foreach ((TraceTensor row, string kinds) in expected)
        {
            TraceScalar[] scalars = layout.Scalars(row - 1).ToArray();
            Assert.Equal(kinds.Split(' '), scalars.Select(s => s.Kind.ToString()));
            for (int i = 0; i < scalars.Length; i++)
            {
                Assert.Equal(row, scalars[i].Row);
                Assert.Equal(i, layout.Offset(row, scalars[i].Kind, scalars[i].Part));
            }
        }

        Assert.Equal(
            new(ScalarKind.RowExponent, TraceTensor.Rope, 3),
            layout.Scalars(TraceTensor.RopeScalars)[7]);
        Assert.False(layout.IsScalars(TraceTensor.Rope));
    }

    private static TraceLayout Run(bool drawn, out List<(string, int[], TracePlace)> list)
    {
        var shape = new LlamaShape(32, 64, 2, 2, 1, 16, 40, 128);
        using var source = new MemorySource(SyntheticGguf.Write(shape, GgmlType.Q8_0));
        using LanguageModel model = LanguageModel.Import(source, 128);
        var record = new InputRecord(
            Enumerable.Range(0, 98).Select(i => i % 40).ToArray(), 3, [],
            drawn ? new SamplingOptions(65_536, 50, 65_536, 1) : SamplingOptions.Greedy);
        var layout = new TraceLayout(model.Architecture, record.Header);
        List<(string, int[], TracePlace)> tensors = [];
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        _ = session.Run(record.Encode(), new RunOptions
        {
            OnTensor = (in TracedTensor t) => tensors.Add(
                (t.Operator, t.Dims.ToArray(), layout.Locate(t.ListIndex))),
        });
        list = tensors;
        return layout;
    }
}
