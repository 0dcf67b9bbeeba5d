using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Cli;

/// <summary><c>trace</c>: the node's word, signed, on the trace of orders that it served.</summary>
internal sealed class TraceCommand
{
    private readonly Argument<string[]> _orders = new("ORDER")
    {
        Description = "Hash of a served order: `orderHash` of a line of `request --receipts`",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _state = Opt.Of<string>(
        "--state", "Of `request`: the answers are added to the evidence of its orders", "FILE");

    public static Command Create()
    {
        TraceCommand trace = new();
        return ReportCommand.Create("trace",
            "Ask a node for the signed trace root of served orders; it runs them again",
            trace.RunAsync, [trace._orders, ClientOptions.At, CommonOptions.Deployment,
            ClientOptions.Channel, ClientOptions.SpendKey, trace._state, .. OrderGuards.Kept]);
    }

    private async Task<Report> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        List<Bytes32> orders = [];
        foreach (string text in parsed.GetRequiredValue(_orders))
        {
            orders.Add(Bytes32.TryParse(text, out Bytes32 hash)
                ? hash
                : throw new UsageException($"{text}: 64 hexadecimal digits are wanted"));
        }

        VoucherDomain domain =
            DeploymentFile.Load(parsed.GetRequiredValue(CommonOptions.Deployment)).Domain;
        ChannelTerms channel = ChannelFile.Load(parsed.GetRequiredValue(ClientOptions.Channel));
        using PrivateKey spendKey = KeyFile.Load(parsed.GetRequiredValue(ClientOptions.SpendKey));
        ProcessGuard.KeepFilesPrivate();
        string? state = parsed.GetValue(_state);
        // Its lock: who has it may write the evidence of this channel.
        using ClientJournal? journal = state is null ? null : ClientJournal.Open(state, channel);
        EvidenceFolder? evidence = state is null
            ? null : OrderGuards.OpenKept(parsed, domain, channel, state);
        await using NodeConnection node = new(ClientOptions.Connection(
            parsed, channel, domain, spendKey, ClientOptions.PatienceDefault));
        List<Report> rows = [];
        foreach (Bytes32 order in orders)
        {
            rows.Add(await AskAsync(node, evidence, order, cancel).ConfigureAwait(false));
        }

        return new Report().Add("node", channel.Node.ToString()).Add("traces", rows);
    }

    private static async Task<Report> AskAsync(NodeConnection node, EvidenceFolder? evidence,
        Bytes32 order, CancellationToken cancel)
    {
        try
        {
            (TraceRootStatement statement, Signature signature) = await node
                .TraceRootAsync(order, cancel).ConfigureAwait(false);
            byte[] signed = SignedPayload.Encode(statement, signature);
            Report row = new Report()
                .Add("orderHash", order.ToString())
                .Add("steps", statement.Steps)
                .Add("traceRoot", statement.TraceRoot.ToString())
                .Add("signed", Hex.Encode(signed));
            return evidence is null ? row : Keep(row, evidence, order, signed);
        }
        catch (WireException refused)
        {
            throw new CommandException($"order {order}: {refused.Message}", refused)
            {
                Reason = refused.Reason,
            };
        }
    }

    /// <summary>A node that signed two different results is told of at once.</summary>
    private static Report Keep(
        Report row, EvidenceFolder evidence, in Bytes32 order, byte[] signed) =>
        evidence.AddTraceRoot(order, signed) is not { } kept
            ? row.Add("evidence", "none: no order of this hash is in the folder")
            : kept.Bundle.IsEquivocation()
                ? throw new CommandException($"order {order}: the node has signed two different "
                    + $"results of it; both are in {kept.File} (whoever watches the node can "
                    + "take its bond with them)")
                : row.Add("evidence", kept.File);
}
