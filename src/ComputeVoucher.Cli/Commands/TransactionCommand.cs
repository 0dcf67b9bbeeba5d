using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary><c>tx</c>: what became of a transaction whose outcome a command did not learn.
/// </summary>
internal static class TransactionCommand
{
    public static Command Create()
    {
        Argument<string> hash = new("HASH")
        {
            Description = "As a sending command printed it",
        };
        return ReportCommand.Create("tx",
            "Ask the chain what became of a transaction",
            (parsed, cancel) => RunAsync(parsed, parsed.GetRequiredValue(hash), cancel),
            hash, CommonOptions.Rpc);
    }

    private static async Task<Report> RunAsync(
        ParseResult parsed, string text, CancellationToken cancel)
    {
        if (!Bytes32.TryParse(text, out Bytes32 hash))
        {
            throw new UsageException($"{text}: 64 hexadecimal digits are wanted");
        }

        using JsonRpcClient rpc = ChainSession.Connect(
            CommonOptions.Endpoints(parsed), SendRules.Reading);
        Report report = new Report().Add("hash", hash.ToString());
        if (await rpc.ReceiptAsync(hash, cancel).ConfigureAwait(false) is { } receipt)
        {
            ulong newest = await rpc.BlockNumberAsync(cancel).ConfigureAwait(false);
            return report
                .Add("state", receipt.IsSuccess == true ? "mined" : "reverted")
                .Add("block", receipt.BlockNumber)
                .Add("confirmations",
                    newest < receipt.BlockNumber ? 0 : newest - receipt.BlockNumber + 1)
                .Add("gas", receipt.GasUsed);
        }

        TransactionInfo? pending = await rpc.TransactionAsync(hash, cancel).ConfigureAwait(false);
        if (pending is null)
        {
            return report.Add("state", "unknown: not in a block, nor in this endpoint's pool");
        }

        ulong spent = await rpc.NonceAsync(pending.From, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        return report
            .Add("state", spent > pending.Nonce
                ? "replaced: another transaction took its nonce"
                : "waiting for a block")
            .Add("from", pending.From.ToString())
            .Add("nonce", pending.Nonce);
    }
}
