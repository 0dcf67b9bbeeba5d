using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>
/// The committed tensors of a run, read element by element as a verifier would open them: every
/// read is charged with the 128-byte leaves that it touches.
/// </summary>
internal sealed class CommittedRun
{
    private readonly LanguageModel _model;
    private readonly List<(string Name, TensorType Type, byte[] Data)> _list = [];
    private readonly Dictionary<(int Position, int Layer, string Name), int> _index = [];
    private readonly HashSet<(int Tensor, int Leaf)> _opened = [];
    private int _parameterBytes;

    public CommittedRun(LanguageModel model, byte[] input)
    {
        _model = model;
        int position = -1;
        int layer = -1;
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        session.Run(input, new RunOptions
        {
            OnTensor = (in TracedTensor t) =>
            {
                string name = t.Operator;
                if (name == "embed")
                {
                    position++;
                    layer = -1;
                }

                // A layer's tensors follow the scalars of the one before.
                layer += name is "attention.norm" or "final.norm" ? 1 : 0;
                _index[(position, layer, name)] = _list.Count;
                _list.Add((name, t.Type, t.Data.ToArray()));
            },
        });
    }

    public LlamaParameters Parameters => _model.Parameters;

    /// <summary>Bytes opened since the last call of <see cref="Reset"/>.</summary>
    public int OpenedBytes => _opened.Count * TraceTree.LeafBytes + _parameterBytes;

    public void Reset()
    {
        _opened.Clear();
        _parameterBytes = 0;
    }

    public bool Has(int position, int layer, string name) =>
        _index.ContainsKey((position, layer, name));

    public int Length(int position, int layer, string name)
    {
        (_, TensorType type, byte[] data) = _list[_index[(position, layer, name)]];
        return data.Length / TraceTree.ElementBytes(type);
    }

    /// <summary>One committed element; embeddings are layer -1, the head is layer Layers.</summary>
    public long Get(int position, int layer, string name, int element)
    {
        int tensor = _index[(position, layer, name)];
        (_, TensorType type, byte[] data) = _list[tensor];
        int size = TraceTree.ElementBytes(type);
        _opened.Add((tensor, element * size / TraceTree.LeafBytes));
        ReadOnlySpan<byte> at = data.AsSpan(element * size, size);
        return type switch
        {
            TensorType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(at),
            TensorType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(at),
            _ => BinaryPrimitives.ReadInt64LittleEndian(at),
        };
    }

    /// <summary>
    /// The residual stream before a layer's attention, or before its feed-forward.
    /// </summary>
    public long Residual(int position, int layer, bool feedForward, int element) =>
        feedForward ? Get(position, layer, "attention", element)
        : layer == 0 ? Get(position, -1, "embed", element)
        : Get(position, layer - 1, "feedforward", element);

    /// <summary>Σ over columns [from, to) of a row of weights against a committed vector.</summary>
    public long RowSum(
        QuantMatrix matrix, int row, int position, int layer, string input, int from, int to)
    {
        _parameterBytes += (to - from + 31) / 32 * WeightForms.CellBytes(matrix.Form) +
            2 * TraceTree.LeafBytes;
        long sum = 0;
        for (int i = from; i < to; i++)
        {
            sum += matrix.Exact(row, i) * Get(position, layer, input, i);
        }

        return sum;
    }

    /// <summary>One leaf of a parameter row.</summary>
    public void ChargeParameterLeaf() => _parameterBytes += TraceTree.LeafBytes;
}
