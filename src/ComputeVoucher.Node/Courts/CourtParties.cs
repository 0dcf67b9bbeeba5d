using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>One court of the classes that are served, with the contracts that it was deployed with.
/// </summary>
internal sealed class CourtParties
{
    private readonly JsonRpcClient _rpc;
    private readonly CourtContract _court;

    public CourtParties(JsonRpcClient rpc, Address court) =>
        (_rpc, _court, Address) = (rpc, new CourtContract(rpc, court), court);

    public Address Address { get; }

    public CourtContract Court => _court;

    public DisputesContract Disputes { get; private set; } = null!;

    public ClaimsContract Claims { get; private set; } = null!;

    public JsonRpcClient Rpc => _rpc;

    /// <summary>Asks the court once who its parts are; they are fixed for good.</summary>
    /// <exception cref="ChainException">No endpoint answers, or there is no court.</exception>
    public async Task OpenAsync(CancellationToken cancel)
    {
        if (Disputes is null)
        {
            CourtParts parts = await _court.PartsAsync(BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            Claims = new ClaimsContract(_rpc, parts.Claims);
            Disputes = new DisputesContract(_rpc, parts.Disputes);
        }
    }

    /// <summary>Everything that a contract said in these blocks, about one thing or about all.
    /// </summary>
    public Task<List<LogEntry>> LogsAsync(
        Address contract, ulong from, ulong to, Bytes32[][] topics, CancellationToken cancel) =>
        LogScan.ReadAsync(_rpc, new LogFilter(contract, from, to, topics), cancel);
}
