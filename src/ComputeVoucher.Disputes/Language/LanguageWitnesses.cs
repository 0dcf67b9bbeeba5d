using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Witnesses about one run, made by somebody who holds the model and the whole trace: exactly the
/// leaves that the definition of an element reads.
/// </summary>
public sealed class LanguageWitnesses
{
    private readonly LanguageModel _model;
    private readonly RecordedTrace _trace;
    private readonly RecordedTrace _input;
    private readonly TraceLayout _layout;
    private readonly Bytes32[] _leaves;
    private readonly Dictionary<(WeightId Id, int Layer), (LlamaPart Part, int Leaf)> _parts = [];

    /// <param name="model">The model of the order.</param>
    /// <param name="trace">Its run, or what somebody claims to be it.</param>
    /// <param name="input">The record that was ordered.</param>
    /// <exception cref="ModelException">The record does not fit the model.</exception>
    public LanguageWitnesses(LanguageModel model, RecordedTrace trace, byte[] input)
    {
        _model = model;
        _trace = trace;
        _input = RecordedTrace.OfInput(input);
        _layout = new TraceLayout(model.Architecture, model.Record(input).Header);
        _leaves = LlamaRoots.Leaves(model.Parameters);
        int leaf = 0;
        foreach (LlamaPart part in LlamaLayout.Parts(model.Parameters))
        {
            _parts[(part.Id, part.Layer)] = (part, leaf);
            leaf += part.Rows;
        }
    }

    /// <summary>What <see cref="LanguageJudge.Element"/> reads.</summary>
    public LanguageWitness Element(int tensor, int element) =>
        Record(tensor, (reader, at) => LanguageJudge.ElementOf(reader, at, element));

    /// <summary>What <see cref="LanguageJudge.Rival"/> reads.</summary>
    public LanguageWitness Rival(int tensor, int element, int rival) =>
        Record(tensor, (reader, at) => LanguageJudge.RivalOf(reader, at, element, rival));

    private LanguageWitness Record(int tensor, Func<TraceReader, TracePlace, Judgement> judge)
    {
        RecordingReader reader = new(_model.Architecture, _layout, _trace, _input, Row);
        _ = reader.Ordered(0);
        _ = judge(reader, _layout.Locate(tensor));
        return new LanguageWitness
        {
            Input = reader.Input.Open(_input),
            Trace = reader.Trace.Open(_trace),
            Rows = [.. reader.Rows.SelectMany(r => Runs(r.Key, r.Value.Bytes, r.Value.Leaves))],
        };
    }

    private byte[] Row(WeightId id, int layer, int row)
    {
        LlamaPart part = _parts[(id, layer)].Part;
        byte[] bytes = new byte[part.RowBytes];
        part.CopyRow(row, bytes);
        return bytes;
    }

    /// <summary>One opening per run of adjacent leaves.</summary>
    private IEnumerable<RowOpening> Runs(
        (WeightId Id, int Layer, int Row) at, byte[] bytes, SortedSet<int> leaves)
    {
        int leaf = _parts[(at.Id, at.Layer)].Leaf + at.Row;
        ParameterPath path = ParameterPath.Of(_leaves, leaf);
        int first = leaves.Min;
        foreach (int last in leaves.Where(l => !leaves.Contains(l + 1)))
        {
            yield return RowOpening.Of(at.Id, at.Layer, at.Row, bytes, first, last, path);
            first = leaves.FirstOrDefault(l => l > last);
        }
    }
}

/// <summary>Everything that judging one element reads, each piece proven by itself.</summary>
public sealed class LanguageWitness
{
    /// <summary>Openings under the order's input root; the record's first leaf always.</summary>
    public required IReadOnlyList<byte[]> Input { get; init; }

    /// <summary>Openings under the trace root.</summary>
    public required IReadOnlyList<byte[]> Trace { get; init; }

    /// <summary>Openings of parameter rows.</summary>
    internal IReadOnlyList<RowOpening> Rows { get; init; } = [];
}

/// <summary>Reads a trace and a model in memory and notes the leaves that it touches.</summary>
internal sealed class RecordingReader(
    LlamaArchitecture model, TraceLayout layout, RecordedTrace trace, RecordedTrace input,
    Func<WeightId, int, int, byte[]> row)
    : TraceReader(model, layout)
{
    /// <summary>Leaves of the trace.</summary>
    public LeafLog Trace { get; } = new();

    /// <summary>Leaves of the record.</summary>
    public LeafLog Input { get; } = new();

    /// <summary>Parameter rows and their leaves.</summary>
    public SortedDictionary<(WeightId, int, int), (byte[] Bytes, SortedSet<int> Leaves)> Rows
    {
        get;
    } = [];

    public override byte Ordered(int index)
    {
        Input.Touch(0, index, 1);
        return input[0].Data[index];
    }

    protected override long Read(
        int tensor, TensorType type, ReadOnlySpan<int> dims, int element)
    {
        Trace.Touch(tensor, element, TraceTree.ElementBytes(type));
        return OpenedTrace.Element(type, trace[tensor].Data, element);
    }

    protected override void ReadRow(WeightId id, int layer, int number, int at, Span<byte> bytes)
    {
        if (!Rows.TryGetValue((id, layer, number), out (byte[] Bytes, SortedSet<int> Leaves) read))
        {
            Rows[(id, layer, number)] = read = (row(id, layer, number), []);
        }

        read.Bytes.AsSpan(at, bytes.Length).CopyTo(bytes);
        _ = read.Leaves.Add(at / TraceTree.LeafBytes);
        _ = read.Leaves.Add((at + bytes.Length - 1) / TraceTree.LeafBytes);
    }
}
