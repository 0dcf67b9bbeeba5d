using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>
/// A run of a model that is too large to be run in a test: list, tensors and parameter rows have
/// their true number, shape and height, so that every path is as long as in a real run. The
/// numbers that the disputed elements read are made up, all other nodes are random; each of these
/// elements is wrong by itself, whichever the others are.
/// </summary>
internal sealed class MadeUpRun : TraceReader
{
    private readonly Prng _numbers = new(20_261_127);
    private readonly SortedDictionary<int, byte[]> _data = [];
    private readonly Dictionary<(WeightId Id, int Layer, int Row), byte[]> _rows = [];
    private readonly List<(int Tensor, int Element)> _reads = [];
    private readonly RowOrder _order;
    private RecordedTrace? _trace;

    private MadeUpRun(LlamaArchitecture model, TraceLayout layout, byte[] input, uint steps)
        : base(model, layout)
    {
        (Input, Steps) = (input, steps);
        _order = new RowOrder(model);
    }

    /// <summary>The record that was ordered.</summary>
    public byte[] Input { get; }

    public uint Steps { get; }

    /// <summary>Of the parameters, once all is made up.</summary>
    public Bytes32 ParametersRoot { get; private set; }

    public Bytes32 ModelRoot { get; private set; }

    public Bytes32 TraceRoot => _trace!.Root;

    /// <summary>Makes proofs about what was signed.</summary>
    public LanguageWitnesses Witnesses { get; private set; } = null!;

    /// <summary>A run in which these elements are wrong.</summary>
    /// <param name="shape">Of the model.</param>
    /// <param name="form">Of all matrices.</param>
    /// <param name="input">The record.</param>
    /// <param name="steps">Produced.</param>
    /// <param name="wrong">The elements, from left to right.</param>
    public static MadeUpRun Of(
        LlamaShape shape, WeightForm form, InputRecord input, uint steps,
        IReadOnlyList<WrongElement> wrong)
    {
        (int multiplier, int shift) = LlamaParameters.Score(shape.HeadDim);
        byte[] kinds = new byte[3 + 9 * shape.Layers];
        for (int i = 0; i < kinds.Length; i++)
        {
            bool isNorm = i < 3 ? i == 2 : (i - 3) % 9 < 2;
            kinds[i] = isNorm ? (byte)0 : (byte)form;
        }

        LlamaArchitecture model = new(
            shape, 1 << 20, multiplier, shift, 32, Tied: false, kinds);
        MadeUpRun run = new(model, new TraceLayout(model, input.Header), input.Encode(), steps);
        foreach (WrongElement one in wrong)
        {
            run.Make(one);
        }

        run.Sign();
        return run;
    }

    /// <summary>List index of a place.</summary>
    public OperandsRequest Request(WrongElement one) =>
        new(Layout.Index(one.At), one.Element, one.Rival);

    /// <summary>Nodes or leaves that answer what is asked for.</summary>
    public byte[] Data(in DescentPosition inside)
    {
        if (inside.IsAtLeaves)
        {
            (int first, int count) = inside.Below(inside.Level);
            byte[] leaves = new byte[count * TraceTree.LeafBytes];
            ReadOnlySpan<byte> rest =
                _data[inside.Index].AsSpan(first * TraceTree.LeafBytes);
            rest[..Math.Min(rest.Length, leaves.Length)].CopyTo(leaves);
            return leaves;
        }

        HashTree tree = inside.IsInside ? _trace![inside.Index].Tree : _trace!.List;
        (int node, int nodes) = inside.Below(inside.Depth);
        Bytes32[] hashes = new Bytes32[nodes];
        for (int i = 0; i < nodes; i++)
        {
            hashes[i] = tree[inside.Level - inside.Depth, node + i];
        }

        return MemoryMarshal.AsBytes<Bytes32>(hashes).ToArray();
    }

    /// <summary>The provider's answer to a request: the values that explain the element, not those
    /// of the trace.</summary>
    public OperandsAnswer Answer(WrongElement one)
    {
        OperandsAnswer true_ = Witnesses.Operands(Request(one));
        byte[] values = [.. true_.Values];
        Falsify(one, values);
        return true_ with { Values = values };
    }

    public override byte Ordered(int index) => Input[index];

    protected override long Read(
        int tensor, TensorType type, ReadOnlySpan<int> dims, int element)
    {
        _reads.Add((tensor, element));
        return OpenedTrace.Element(type, Tensor(tensor), element);
    }

    protected override void ReadRow(WeightId id, int layer, int row, int at, Span<byte> bytes) =>
        Row(id, layer, row).AsSpan(at, bytes.Length).CopyTo(bytes);

    /// <summary>Of a rival all values are 0, so that it stands before nobody; else the first one is
    /// another.</summary>
    private static void Falsify(WrongElement one, Span<byte> values)
    {
        if (one.Rival == ElementProof.NoRival)
        {
            int size = one.IsSum ? sizeof(long) : sizeof(short);
            values[size - 1] ^= 1;
        }
        else
        {
            values[..(values.Length / 2)].Clear();
        }
    }

    private void Make(WrongElement one)
    {
        int tensor = Layout.Index(one.At);
        TensorType type = Layout.Type(one.At.Tensor);
        if (one.Rival != ElementProof.NoRival)
        {
            Write(tensor, type, one.Element, Loser(one));
            return;
        }

        _reads.Clear();
        long value = LlamaElement.Of(this, one.At, one.Element);
        if (!one.IsClaimed)
        {
            Write(tensor, type, one.Element, value + 1);
            return;
        }

        // What comes out of the values that will be posted.
        (int operand, int at) = _reads.Find(r => OpenedReader.IsClaimed(
            Layout.Locate(r.Tensor).Tensor));
        TensorType kind = Layout.Type(Layout.Locate(operand).Tensor);
        byte[] honest = [.. Tensor(operand)];
        Write(operand, kind, at, OpenedTrace.Element(kind, honest, at) ^ 1);
        value = LlamaElement.Of(this, one.At, one.Element);
        _data[operand] = honest;
        Write(tensor, type, one.Element, value);
    }

    /// <summary>A witness that its rival stands before.</summary>
    private long Loser(WrongElement one)
    {
        int tensor = Layout.Index(one.At);
        for (int witness = 0; witness < one.Rival; witness++)
        {
            Write(tensor, Layout.Type(one.At.Tensor), one.Element, witness);
            if (Maximum.Beats(this, one.At, one.Element, (int)one.Rival))
            {
                return witness;
            }
        }

        throw new InvalidOperationException("the rival stands before nobody: another seed");
    }

    private byte[] Tensor(int tensor)
    {
        if (!_data.TryGetValue(tensor, out byte[]? data))
        {
            TracePlace at = Layout.Locate(tensor);
            TensorType type = Layout.Type(at.Tensor);
            data = new byte[TraceTree.DataBytes(type, Layout.Dims(at))];
            _data[tensor] = data;
            for (int i = 0; i < data.Length / TraceTree.ElementBytes(type); i++)
            {
                Write(tensor, type, i, Number(at.Tensor));
            }
        }

        return data;
    }

    /// <summary>Whatever an honest run might have: exponents, witnesses and sums among the
    /// scalars.</summary>
    private long Number(TraceTensor tensor) => Layout.IsScalars(tensor)
        ? _numbers.Between(1, 8)
        : Layout.Type(tensor) switch
        {
            TensorType.Int16 => _numbers.Between(-32_767, 32_767),
            TensorType.Int32 => _numbers.Between(0, 1 << 30),
            _ => (long)(_numbers.Next() >> 8),
        };

    private byte[] Row(WeightId id, int layer, int row)
    {
        if (!_rows.TryGetValue((id, layer, row), out byte[]? bytes))
        {
            _rows[(id, layer, row)] = bytes = _numbers.Bytes(Model.RowBytes(id, layer));
        }

        return bytes;
    }

    private void Write(int tensor, TensorType type, int element, long value)
    {
        byte[] data = Tensor(tensor);
        int size = TraceTree.ElementBytes(type);
        for (int i = 0; i < size; i++)
        {
            data[element * size + i] = (byte)(value >> (8 * i));
        }
    }

    private void Sign()
    {
        int count = (int)Layout.Tensors(Steps);
        Bytes32[] hashes = Random(count);
        List<(int Tensor, RecordedTrace.Entry Entry)> made = [];
        foreach ((int tensor, byte[] data) in _data)
        {
            TracePlace at = Layout.Locate(tensor);
            TensorType type = Layout.Type(at.Tensor);
            int[] dims = Layout.Dims(at);
            hashes[tensor] = TraceTree.TensorHash(type, dims, data);
            made.Add((tensor, new("", type, dims, data, hashes[tensor])));
        }

        HashTree list = new(hashes);
        _trace = RecordedTrace.Of([]);
        foreach ((int tensor, RecordedTrace.Entry entry) in made)
        {
            _trace = _trace.Learned(TraceTree.ListHash(count, list.Root), list, tensor, entry);
        }

        Bytes32[] leaves = Random(_order.Count);
        foreach (((WeightId id, int layer, int row), byte[] bytes) in _rows)
        {
            leaves[_order.Index(id, layer, row)] = LlamaRoots.Leaf(
                id, layer, row, bytes.Length, TraceTree.DataRoot(bytes));
        }

        HashTree parameters = new(leaves);
        ParametersRoot = ModelRoots.Parameters(_order.Count, parameters.Root);
        ModelRoot = ModelRoots.Model(LlamaRoots.Architecture(Model.Encode()), ParametersRoot);
        Witnesses = new LanguageWitnesses(Layout, Model, parameters, Row, _trace, Input);
    }

    private Bytes32[] Random(int count)
    {
        Bytes32[] hashes = new Bytes32[count];
        Span<ulong> words = MemoryMarshal.Cast<Bytes32, ulong>(hashes.AsSpan());
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = _numbers.Next();
        }

        return hashes;
    }
}

/// <summary>An element of a made-up run.</summary>
/// <param name="At">Its tensor.</param>
/// <param name="Element">In the tensor's own order.</param>
/// <param name="IsClaimed">Its operands are asked for, and explain it.</param>
/// <param name="Rival">What stands before it, where it is a witness.</param>
/// <param name="IsSum">Its operands are exponents, in 64 bits.</param>
internal sealed record WrongElement(
    TracePlace At, int Element, bool IsClaimed = false, uint Rival = ElementProof.NoRival,
    bool IsSum = false);
