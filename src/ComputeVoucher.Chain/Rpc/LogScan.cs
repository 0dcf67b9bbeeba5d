using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Chain;

/// <summary>Logs of a long range of blocks, in as many queries as the endpoint wants.</summary>
public static class LogScan
{
    /// <summary>Queries that go well before a range that was halved is doubled again.</summary>
    private const int QueriesBeforeGrowth = 16;

    /// <summary>All logs that the filter names, in the order of the chain.</summary>
    /// <exception cref="ChainException">Even one block is refused, or no endpoint answers.
    /// </exception>
    public static async Task<List<LogEntry>> ReadAsync(
        JsonRpcClient rpc, LogFilter filter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        ArgumentNullException.ThrowIfNull(filter);
        List<LogEntry> logs = [];
        ulong span = ChainLimits.LogBlocksMax;
        int done = 0;
        for (ulong start = filter.FromBlock; start <= filter.ToBlock;)
        {
            ulong end = filter.ToBlock - start < span ? filter.ToBlock : start + span - 1;
            try
            {
                logs.AddRange(await rpc
                    .LogsAsync(filter with { FromBlock = start, ToBlock = end }, cancel)
                    .ConfigureAwait(false));
                start = end + 1;
                if (++done % QueriesBeforeGrowth == 0)
                {
                    span = Math.Min(2 * span, ChainLimits.LogBlocksMax);
                }
            }
            catch (ChainException e) when (span > 1 && IsOfTheRange(e))
            {
                span /= 2;
                done = 0;
            }
        }

        return logs;
    }

    /// <summary>Whether fewer blocks may help. "Too many blocks" has as many wordings as there are
    /// providers, some of them that of a limit; HTTP 429, without a code of JSON-RPC, is always
    /// about the rate, and smaller ranges would only be more queries.</summary>
    private static bool IsOfTheRange(ChainException e) =>
        e.Fault is ChainFault.TooLarge or ChainFault.Rejected
        || (e.Fault == ChainFault.RateLimited && e.Code != 0);
}
