using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>
/// Transactions of one account, each waited for: for whoever sends a few and then ends. The rows
/// are in memory, so that a process killed meanwhile leaves its outcome to the chain.
/// </summary>
public sealed class TransactionSender : IDisposable
{
    /// <summary>How often the chain is asked for the transaction.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(150);

    private readonly Outbox _outbox;

    /// <param name="rpc">Where it sends.</param>
    /// <param name="key">Signs and pays; its owner disposes of it.</param>
    /// <param name="chainId">EIP-155 chain id.</param>
    /// <param name="time">Clock of the polls.</param>
    public TransactionSender(JsonRpcClient rpc, PrivateKey key, ulong chainId, TimeProvider time)
    {
        Key = key;
        _outbox = new Outbox(
            rpc,
            new MemoryOutboxStore(),
            key,
            new OutboxOptions
            {
                ChainId = chainId,
                // Whoever sends one waits for it; a deployment costs more than a redemption.
                Fees = new FeeLimits { TransactionMax = null, DayMax = null },
            },
            time);
    }

    public PrivateKey Key { get; }

    public Address Account => Key.Address;

    /// <summary>Sends one transaction and waits until it is in a block.</summary>
    /// <exception cref="ChainException">The chain refused it, or cannot be used.</exception>
    public async Task<TransactionReceipt> SendAsync(
        string kind, Address? to, byte[] data, CancellationToken cancel)
    {
        OutboxRequest request = new() { Kind = kind, To = to, Data = data };
        OutboxEntry entry = await _outbox.SubmitAsync(request, cancel).ConfigureAwait(false);
        OutboxChange done = await _outbox.RunAsync(entry.Id, OutboxState.Mined, s_poll, cancel)
            .ConfigureAwait(false);
        return done.Entry.Outcome == OutboxOutcome.Succeeded && done.Receipt is { } receipt
            ? receipt
            : throw new ChainException(ChainFault.Reverted, $"{kind}: the chain refused it: "
                + (done.Entry.Note ?? done.Entry.Outcome.ToString()));
    }

    public void Dispose() => _outbox.Dispose();
}
