using System;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire;

/// <summary>An order in flight, on the client's side.</summary>
public sealed class ClientOrder
{
    internal ClientOrder(uint correlation) => Correlation = correlation;

    /// <summary>Its number on this connection.</summary>
    public uint Correlation { get; }

    /// <summary>
    /// The next event, or null after the final one. A broken connection gives an Error event with
    /// reason Disconnected, retryable: the same order sent again is answered once and charged once.
    /// </summary>
    public ValueTask<OrderEvent?> ReadAsync(CancellationToken cancellation = default) =>
        throw new NotImplementedException();

    /// <summary>Sends a signed Cancel; the node still answers with a Receipt or an Error.</summary>
    public ValueTask CancelAsync(ReadOnlyMemory<byte> cancel, CancellationToken cancellation = default) =>
        throw new NotImplementedException();
}
