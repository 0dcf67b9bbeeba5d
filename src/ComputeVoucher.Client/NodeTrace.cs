using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>
/// The trace of an order that a node served, opened over the wire: the hashes of its tensors, which
/// must lead to the root that the node signs, and of its tensors those that are asked for. Nothing
/// of an answer is believed that is not under that root.
/// </summary>
public sealed class NodeTrace
{
    /// <summary>Tensors of a list that is asked for: 1,024 questions. Longer runs of language
    /// models are sooner run again.</summary>
    public const int TensorsMax = 1 << 16;

    private readonly NodeConnection _node;
    private readonly RunLayout _layout;
    private readonly Bytes32 _order;

    private NodeTrace(NodeConnection node, RunLayout layout, in Bytes32 order) =>
        (_node, _layout, _order) = (node, layout, order);

    /// <summary>What the node signed about the trace.</summary>
    public TraceRootStatement Statement { get; private set; }

    /// <summary>Bytes of nodes and leaves that the node has opened.</summary>
    public long OpenedBytes { get; private set; }

    /// <summary>Asks for the list.</summary>
    /// <param name="node">A connection of who may dispute the order.</param>
    /// <param name="model">That was ordered.</param>
    /// <param name="input">As it was ordered.</param>
    /// <param name="receipt">Of the order; of one step at least.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ClientException">The node refuses, or too long a list, or not one of the
    /// signed root.</exception>
    public static async Task<(NodeTrace Trace, Bytes32[] Hashes)> OpenAsync(NodeConnection node,
        IModel model, ReadOnlyMemory<byte> input, Receipt receipt, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(node);
        RunLayout layout = RunLayout.Of(model, input.Span, receipt.Steps);
        int count = layout.Count(RunTree.Trace);
        if (count > TensorsMax)
        {
            throw new ClientException($"the trace has {count} tensors, at most {TensorsMax} are "
                + "asked for one by one (run the order again instead)");
        }

        NodeTrace trace = new(node, layout, receipt.OrderHash);
        Bytes32[] hashes = new Bytes32[count];
        int level = Math.Min(HeightOver(count), DescentPosition.LevelsMax);
        int step = 1 << (2 * level);
        for (int first = 0, place = 0; first < count; first += step, place++)
        {
            byte[] nodes = await trace.AskAsync(
                new OpeningPlace(0, OpeningPlace.OfTheList, (byte)level, (uint)place),
                Math.Min(step, count - first) * Bytes32.Size, cancel).ConfigureAwait(false);
            for (int i = 0; i < nodes.Length / Bytes32.Size; i++)
            {
                hashes[first + i] = new Bytes32(nodes.AsSpan(i * Bytes32.Size, Bytes32.Size));
            }
        }

        return TraceTree.ListRoot(hashes) == trace.Statement.TraceRoot
            ? (trace, hashes)
            : throw new ClientException("the node opened another list than that of the trace root "
                + "that it signed (nothing of it counts: dispute the order, or run it again)");
    }

    /// <summary>Asks for one tensor; its hash is not compared here.</summary>
    /// <exception cref="ClientException">The node refuses, or another number of bytes, or of
    /// another root.</exception>
    public async Task<(TensorType Type, int[] Dims, byte[] Data)> ReadAsync(
        int tensor, CancellationToken cancel)
    {
        (TensorType type, int[] dims) = _layout.Tensor(RunTree.Trace, tensor);
        byte[] data = new byte[_layout.Bytes(RunTree.Trace, tensor)];
        int leaves = (data.Length + TraceTree.LeafBytes - 1) / TraceTree.LeafBytes;
        int level = Math.Min(HeightOver(leaves), DescentPosition.LeafLevels);
        int step = 1 << (2 * level);
        for (int first = 0, place = 0; first < leaves; first += step, place++)
        {
            byte[] some = await AskAsync(
                new OpeningPlace(0, (uint)tensor, (byte)level, (uint)place),
                Math.Min(step, leaves - first) * TraceTree.LeafBytes, cancel)
                .ConfigureAwait(false);
            // Behind the last element the leaf has padding.
            Span<byte> rest = data.AsSpan(first * TraceTree.LeafBytes);
            some.AsSpan(0, Math.Min(some.Length, rest.Length)).CopyTo(rest);
        }

        return (type, dims, data);
    }

    private async Task<byte[]> AskAsync(OpeningPlace place, int bytes, CancellationToken cancel)
    {
        (TraceRootStatement said, _, ReadOnlyMemory<byte> nodes) = await _node
            .OpeningAsync(_order, place, cancel).ConfigureAwait(false);
        if (Statement.OrderHash.IsZero)
        {
            Statement = said;
        }

        OpenedBytes += nodes.Length;
        return said != Statement
            ? throw new ClientException($"the node signs trace root {said.TraceRoot} of "
                + $"{said.Steps} steps now, and signed {Statement.TraceRoot} of "
                + $"{Statement.Steps} before (both together take its bond)")
            : nodes.Length == bytes ? nodes.ToArray()
            : throw new ClientException($"the node opened {nodes.Length} bytes where {bytes} are "
                + "right (nothing of it counts: dispute the order, or run it again)");
    }

    /// <summary>Levels above so many items: 0 for one.</summary>
    private static int HeightOver(int items)
    {
        int levels = 0;
        for (; items > 1; items = (items + TraceTree.Arity - 1) / TraceTree.Arity)
        {
            levels++;
        }

        return levels;
    }
}
