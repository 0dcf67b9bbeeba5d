using System;
using System.Threading;
using ComputeVoucher.Client;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>Traces that the node which signed them opens over the wire, tensor by tensor, as an
/// audit asks for them.</summary>
internal sealed class NodeOpenings : IDisposable
{
    private readonly PrivateKey _key;
    private readonly NodeConnection _node;
    private readonly CancellationToken _cancel;

    /// <param name="key">The spend key; this disposes of it.</param>
    /// <param name="node">Whose traces.</param>
    /// <param name="cancel">Gives up.</param>
    public NodeOpenings(PrivateKey key, NodeConnection node, CancellationToken cancel) =>
        (_key, _node, _cancel) = (key, node, cancel);

    /// <summary>Bytes that the node has opened.</summary>
    public long OpenedBytes { get; private set; }

    /// <summary>The trace of one order; its root is signed when this returns.</summary>
    /// <exception cref="ClientException">The node refuses, or opens what it did not sign.
    /// </exception>
    public (RecordedTrace Trace, TraceRootStatement Signed) Open(
        IModel model, byte[] input, Receipt receipt)
    {
        // A command has nothing else to do, and the audit asks in the middle of its sums.
        (NodeTrace trace, Bytes32[] hashes) = NodeTrace
            .OpenAsync(_node, model, input, receipt, _cancel).GetAwaiter().GetResult();
        OpenedBytes += trace.OpenedBytes;
        return (RecordedTrace.OfHashes(hashes, tensor => Read(trace, tensor)), trace.Statement);
    }

    public void Dispose()
    {
        _node.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _key.Dispose();
    }

    private (TensorType Type, int[] Dims, byte[] Data) Read(NodeTrace trace, int tensor)
    {
        long before = trace.OpenedBytes;
        var opened = trace.ReadAsync(tensor, _cancel).GetAwaiter().GetResult();
        OpenedBytes += trace.OpenedBytes - before;
        return opened;
    }
}
