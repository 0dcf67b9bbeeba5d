using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Proofs about one run, made by somebody who holds the model and the whole trace: exactly the
/// leaves that the definition of an element reads.
/// </summary>
public sealed class LanguageWitnesses
{
    private readonly LlamaArchitecture _model;
    private readonly RecordedTrace _trace;
    private readonly RecordedTrace _input;
    private readonly TraceLayout _layout;
    private readonly RowOrder _order;
    private readonly HashTree _parameters;
    private readonly Func<WeightId, int, int, byte[]> _row;

    /// <param name="model">The model of the order.</param>
    /// <param name="trace">Its run, or what somebody claims to be it.</param>
    /// <param name="input">The record that was ordered.</param>
    /// <exception cref="ModelException">The record does not fit the model.</exception>
    public LanguageWitnesses(LanguageModel model, RecordedTrace trace, byte[] input)
        : this(
            new TraceLayout(model.Architecture, model.Record(input).Header), model.Architecture,
            new HashTree(LlamaRoots.Leaves(model.Parameters)), RowsOf(model), trace, input)
    {
    }

    /// <param name="layout">Of the order.</param>
    /// <param name="model">The architecture.</param>
    /// <param name="parameters">The tree of its parameter rows.</param>
    /// <param name="row">Bytes of one of them.</param>
    /// <param name="trace">A run, or what somebody claims to be it.</param>
    /// <param name="input">The record that was ordered.</param>
    internal LanguageWitnesses(
        TraceLayout layout, LlamaArchitecture model, HashTree parameters,
        Func<WeightId, int, int, byte[]> row, RecordedTrace trace, byte[] input)
    {
        (_layout, _model, _parameters, _row, _trace) = (layout, model, parameters, row, trace);
        _input = RecordedTrace.OfInput(input);
        _order = new RowOrder(model);
    }

    private LanguageWitnesses(LanguageWitnesses other, RecordedTrace trace)
    {
        (_model, _input, _layout) = (other._model, other._input, other._layout);
        (_order, _parameters, _row) = (other._order, other._parameters, other._row);
        _trace = trace;
    }

    /// <summary>The same order and model with another trace.</summary>
    public LanguageWitnesses Of(RecordedTrace trace) => new(this, trace);

    /// <summary>What <see cref="LanguageJudge.Element"/> reads.</summary>
    /// <param name="tensor">List index.</param>
    /// <param name="element">Number of the element in the tensor's own order.</param>
    /// <param name="rival">Index of what may stand before the witness.</param>
    public byte[] Element(int tensor, int element, uint rival = ElementProof.NoRival)
    {
        OperandsRequest request = new(tensor, element, rival);
        return Write(request, Read(request, claims: false));
    }

    /// <summary>What answers a request for operands, where there are any.</summary>
    public OperandsAnswer Operands(in OperandsRequest request)
    {
        RecordingReader reader = Read(request, claims: true);
        ProofWriter proof = new();
        proof.U8(ElementProof.WithoutOperands);
        proof.Tensors(_trace, reader.Trace);
        return new([.. reader.Values], proof.ToArray());
    }

    /// <summary>
    /// Opens one operand that an answer gave a value of, and what says whose value it is.
    /// </summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="place">Which of the values.</param>
    public byte[] Refutation(in OperandsRequest request, int place)
    {
        RecordingReader reader = Read(request, claims: true);
        (int operand, int at, int size) = reader.Claimed[place];
        reader.Trace.Touch(operand, at, size);
        ProofWriter proof = new();
        proof.U8(ElementProof.Refutation);
        proof.U16(place);
        proof.Tensors(_trace, reader.Trace);
        return proof.ToArray();
    }

    /// <summary>What <see cref="LanguageJudge.Output"/> reads.</summary>
    /// <param name="token">Which one of the run's.</param>
    /// <param name="output">All of them as the output has them, 4 bytes each.</param>
    public byte[] Output(int token, byte[] output) =>
        Output(token, output, HashTree.OfData(output));

    /// <summary>The same of a recorded output.</summary>
    internal byte[] Output(int token, RecordedTrace output) =>
        Output(token, output[0].Data, output[0].Tree);

    private byte[] Output(int token, byte[] output, HashTree tree)
    {
        TracePlace at = new(TraceTensor.Token, _layout.Record.Prompt - 1 + token, 0);
        RecordingReader reader = NewReader(claims: false);
        _ = reader.Ordered(0);
        _ = reader.Get(at, 0);
        ProofWriter proof = new();
        proof.U8(ElementProof.OutputToken);
        proof.U32((uint)token);
        Record(proof, reader);
        proof.Leaves(output, tree, [sizeof(int) * token / TraceTree.LeafBytes]);
        proof.Tensors(_trace, reader.Trace);
        return proof.ToArray();
    }

    /// <summary>How many elements a witness speaks of; 0 where the element is none.</summary>
    internal int Rivals(int tensor, int element) => Maximum.Rivals(
        NewReader(claims: false), _layout.Locate(tensor), element);

    /// <summary>Whether operands of an element are claimed.</summary>
    internal bool MayClaim(in OperandsRequest request) => OpenedReader.MayClaim(
        NewReader(claims: false), _layout.Locate(request.Tensor), request);

    /// <summary>Place of the first value of an answer that is another here; null without one.
    /// </summary>
    internal int? FirstOther(in OperandsRequest request, ReadOnlySpan<byte> values)
    {
        RecordingReader reader = Read(request, claims: true);
        ReadOnlySpan<byte> own = CollectionsMarshal.AsSpan(reader.Values);
        int at = 0;
        for (int place = 0; place < reader.Claimed.Count; place++)
        {
            int end = at + reader.Claimed[place].Size;
            if (end > values.Length || !own[at..end].SequenceEqual(values[at..end]))
            {
                return end > values.Length ? null : place;
            }

            at = end;
        }

        return null;
    }

    private RecordingReader NewReader(bool claims) =>
        new(_model, _layout, _trace, _input, _row) { Claims = claims };

    /// <summary>Runs the definition; what of the trace is not in memory is fetched in one run, as
    /// far as the definition gets without it.</summary>
    private RecordingReader Read(in OperandsRequest request, bool claims)
    {
        for (; ; )
        {
            RecordingReader reader = NewReader(claims);
            try
            {
                _ = reader.Ordered(0);
                _ = LanguageJudge.Judged(reader, _layout.Locate(request.Tensor), request);
            }
            catch (ArithmeticException) when (reader.Missing.Count > 0)
            {
                // Of the zeros in place of what is missing.
            }

            if (reader.Missing.Count == 0)
            {
                return reader;
            }

            _trace.Keep(reader.Missing);
        }
    }

    private byte[] Write(in OperandsRequest request, RecordingReader reader)
    {
        ProofWriter proof = new();
        proof.U8(ElementProof.Everything);
        proof.U32((uint)request.Tensor);
        proof.U32((uint)request.Element);
        proof.U32(request.Rival);
        Record(proof, reader);
        proof.Tensors(_trace, reader.Trace);
        SortedDictionary<int, (byte[] Bytes, SortedSet<int> Leaves)> rows = [];
        foreach (((WeightId id, int layer, int row), var read) in reader.Rows)
        {
            rows[_order.Index(id, layer, row)] = read;
        }

        proof.U8(rows.Count);
        foreach ((int place, (byte[] bytes, SortedSet<int> leaves)) in rows)
        {
            proof.U32((uint)place);
            proof.Leaves(bytes, HashTree.OfData(bytes), leaves);
        }

        if (rows.Count > 0)
        {
            proof.Siblings(_parameters, rows.Keys);
        }

        return proof.ToArray();
    }

    private void Record(ProofWriter proof, RecordingReader reader) =>
        proof.Leaves(_input[0].Data, _input[0].Tree, reader.Input.Tensors[0]);

    private static Func<WeightId, int, int, byte[]> RowsOf(LanguageModel model)
    {
        var parts = LlamaLayout.Parts(model.Parameters).ToDictionary(p => (p.Id, p.Layer));
        return (id, layer, row) =>
        {
            LlamaPart part = parts[(id, layer)];
            byte[] bytes = new byte[part.RowBytes];
            part.CopyRow(row, bytes);
            return bytes;
        };
    }
}

/// <summary>Reads a trace and a model in memory and notes the leaves that it touches.</summary>
internal sealed class RecordingReader(
    LlamaArchitecture model, TraceLayout layout, RecordedTrace trace, RecordedTrace input,
    Func<WeightId, int, int, byte[]> row)
    : TraceReader(model, layout)
{
    /// <summary>Whether values are noted in place of the leaves of what may be claimed.</summary>
    public bool Claims { get; init; }

    /// <summary>Leaves of the trace.</summary>
    public LeafLog Trace { get; } = new();

    /// <summary>Leaves of the record.</summary>
    public LeafLog Input { get; } = new();

    /// <summary>Tensors that are not in memory; zeros were read of them.</summary>
    public HashSet<int> Missing { get; } = [];

    /// <summary>Claimed values as an answer carries them.</summary>
    public List<byte> Values { get; } = [];

    /// <summary>Theirs: list index, element and bytes of one.</summary>
    public List<(int Tensor, int Element, int Size)> Claimed { get; } = [];

    /// <summary>Parameter rows and their leaves.</summary>
    public Dictionary<(WeightId, int, int), (byte[] Bytes, SortedSet<int> Leaves)> Rows
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
        if (!trace.IsKept(tensor))
        {
            _ = Missing.Add(tensor);
            return 0;
        }

        long value = OpenedTrace.Element(type, trace[tensor].Data, element);
        int size = TraceTree.ElementBytes(type);
        if (!Claims || !OpenedReader.IsClaimed(Layout.Locate(tensor).Tensor))
        {
            Trace.Touch(tensor, element, size);
            return value;
        }

        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        Values.AddRange(bytes[(sizeof(long) - size)..]);
        Claimed.Add((tensor, element, size));
        return value;
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
