using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Watcher;

/// <summary>
/// Whether what the watcher sees of the chain is worth a deposit: contracts, clock, and logs that
/// reach back as far as its disputes do. Where it is not, nothing is opened.
/// </summary>
internal sealed class WatchChecks(JsonRpcClient rpc, WatchOptions options, TimeProvider time)
{
    /// <summary>Seconds that the newest block may lie from the clock: a stall of a rollup's
    /// sequencer, and far below every clock of the court.</summary>
    private const ulong ClockSecondsMax = 3_600;

    private readonly EndpointGuard _guard = new(rpc, options.Domain, TimeSpan.Zero);

    /// <summary>The newest block, and what speaks against opening; null where nothing does.
    /// </summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task<(BlockHeader Head, string? Problem)> LookAsync(
        ulong? fromBlock, CancellationToken cancel)
    {
        ChainHealth health = await _guard.CheckAsync(cancel).ConfigureAwait(false);
        BlockHeader head = await rpc.BlockAsync(BlockTag.Latest, cancel).ConfigureAwait(false)
            ?? throw new ChainException(ChainFault.Malformed, "the chain has no newest block");
        ulong now = (ulong)time.GetUtcNow().ToUnixTimeSeconds();
        ulong apart = now > head.Timestamp ? now - head.Timestamp : head.Timestamp - now;
        string? problem = !health.IsAccepting ? health.Problem ?? "the chain cannot be used"
            : apart > ClockSecondsMax
                ? FormattableString.Invariant($"block {head.Number} is {apart} s from this clock")
            : fromBlock is { } first
                ? await HistoryAsync(first, cancel).ConfigureAwait(false) : null;
        return (head, problem);
    }

    /// <summary>A block before all that can still be disputed or refunded.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task<ulong> FirstBlockAsync(BlockHeader head, CancellationToken cancel)
    {
        ulong before =
            head.Timestamp - Math.Min(head.Timestamp, CourtLimits.InputKeepSeconds);
        (ulong low, ulong high) = (0, head.Number);
        while (low < high)
        {
            ulong middle = low + (high - low + 1) / 2;
            BlockHeader? block = await rpc.BlockAsync(BlockTag.Number(middle), cancel)
                .ConfigureAwait(false);
            // One that is not there is pruned, so it is old; the look at its logs will say so.
            bool isOld = block is null || block.Timestamp < before;
            (low, high) = isOld ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    private async Task<string?> HistoryAsync(ulong first, CancellationToken cancel)
    {
        try
        {
            bool isThere = await rpc.BlockAsync(BlockTag.Number(first), cancel)
                .ConfigureAwait(false) is not null;
            LogFilter block = new(options.Domain.Vouchers, first, first, []);
            _ = await rpc.LogsAsync(block, cancel).ConfigureAwait(false);
            return isThere ? null
                : FormattableString.Invariant($"the endpoint has no block {first} (it is pruned)");
        }
        catch (ChainException failure)
        {
            return FormattableString.Invariant($"no logs of block {first}: {failure.Message}");
        }
    }
}
