using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Execution.Tests.Language;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests.Language;

/// <summary>
/// Whatever an element follows from stands strictly left of it: what makes one descent to the first
/// difference of two traces enough.
/// </summary>
public sealed class OrderLawTests
{
    private const int Seed = 20_260_102;

    [Theory]
    [InlineData(96, 160, 2, 6, 3, 16, 64, 112)]
    [InlineData(16_384, 64, 1, 2, 1, 16, 32, 6)]
    [InlineData(32, 8_224, 1, 2, 1, 16, 32, 4)]
    [InlineData(32, 64, 1, 130, 2, 32, 32, 4)]
    public void NoElementReadsAnOffsetAtOrRightOfItself(
        int dim, int hidden, int layers, int heads, int kvHeads, int headDim, int vocab,
        int context)
    {
        var shape = new LlamaShape(dim, hidden, layers, heads, kvHeads, headDim, vocab, context);
        using var source = new MemorySource(SyntheticGguf.Write(shape, GgmlType.Q4_0));
        using LanguageModel model = LanguageModel.Import(source, context);
        Holds(model, 2, new(80_000, 24, 60_000, 77));
        Holds(model, Math.Min(100, context - 2), SamplingOptions.Greedy);
    }

    [SharedDataTheory(LlamaData.Needs)]
    [InlineData(101)]
    public void NoElementOfARealModelReadsAnOffsetAtOrRightOfItself(int prompt)
    {
        using LanguageModel model = LlamaData.Stories();
        Holds(model, prompt, new(80_000, 40, 60_000, 77));
    }

    [SharedDataTheory("tflite")]
    [InlineData("ad")]
    [InlineData("ic")]
    [InlineData("kws")]
    [InlineData("vww")]
    [InlineData("micro_speech")]
    [InlineData("person_detect")]
    [InlineData("mobilenet_v2")]
    public void NoElementOfAGraphReadsAnOffsetAtOrRightOfItself(string name)
    {
        using IModel model = ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        Graph graph = ((GraphModel)model).Graph;
        foreach (Operator op in graph.Operators)
        {
            foreach (int element in new[] { 0, op.Output.Elements / 2, op.Output.Elements - 1 })
            {
                GraphOrderReader reader = new(op, graph.Inputs.Length + op.Wiring.Index);
                _ = op.Element(ref reader, element);
            }
        }
    }

    /// <summary>Every list index of a run of two steps; of long tensors a sample.</summary>
    private static void Holds(LanguageModel model, int prompt, SamplingOptions sampling)
    {
        var random = new Random(Seed);
        var record = new InputRecord(new int[prompt], 2, [], sampling);
        var layout = new TraceLayout(model.Architecture, record.Header);
        HashSet<TraceTensor> seen = [];
        for (int tensor = 1; tensor < layout.Tensors(2); tensor++)
        {
            TracePlace at = layout.Locate(tensor);
            int elements = layout.Dims(at).Aggregate(1, (a, b) => a * b);
            bool isNew = seen.Add(at.Tensor);
            int wanted = layout.IsScalars(at.Tensor) && isNew ? elements : isNew ? 9 : 2;
            foreach (int element in Enumerable.Range(0, wanted)
                .Select(i => elements <= wanted ? i % elements : random.Next(elements))
                .Append(0).Append(elements - 1).Distinct())
            {
                var reader = new OrderReader(model.Architecture, layout, tensor, element, random);
                _ = LlamaElement.Of(reader, at, element);
                int rivals = Maximum.Rivals(reader, at, element);
                if (rivals > 0)
                {
                    _ = Maximum.Beats(reader, at, element, random.Next(rivals));
                }

                Assert.True(reader.Reads > 0, at.ToString());
            }
        }

        Assert.True(seen.Count >= 22, $"{seen.Count} kinds of tensors");
    }

    /// <summary>Any numbers will do: only where they stand is looked at.</summary>
    private sealed class OrderReader(
        LlamaArchitecture model, TraceLayout layout, int tensor, int element, Random random)
        : TraceReader(model, layout)
    {
        public int Reads { get; private set; }

        public override byte Ordered(int index) => 0;

        protected override long Read(
            int read, TensorType type, ReadOnlySpan<int> dims, int at)
        {
            Reads++;
            bool isItself = read == tensor && at == element;
            Assert.True(
                isItself || read < tensor || (read == tensor && at < element),
                $"{Layout.Locate(tensor)} [{element}] reads {Layout.Locate(read)} [{at}]");
            return random.Next(3);
        }

        protected override void ReadRow(
            WeightId id, int layer, int row, int at, Span<byte> bytes)
        {
            Reads++;
            bytes.Clear();
        }
    }

    private readonly struct GraphOrderReader(Operator op, int tensor) : IElementReader
    {
        public sbyte Read(int input, int index)
        {
            Assert.InRange(op.Wiring.InputIds[input], 0, tensor - 1);
            Assert.InRange(index, 0, op.Wiring.Inputs[input].Elements - 1);
            return 0;
        }

        public Channel Channel(int channel) => op.Parameters![channel];
    }
}
