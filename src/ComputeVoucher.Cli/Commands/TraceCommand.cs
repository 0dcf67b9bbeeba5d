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

    public static Command Create()
    {
        TraceCommand trace = new();
        return ReportCommand.Create("trace",
            "Ask a node for the signed trace root of served orders; it runs them again",
            trace.RunAsync, trace._orders, ClientOptions.At, CommonOptions.Deployment,
            ClientOptions.Channel, ClientOptions.SpendKey);
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
        await using NodeConnection node = new(ClientOptions.Connection(
            parsed, channel, domain, spendKey, ClientOptions.PatienceDefault));
        List<Report> rows = [];
        foreach (Bytes32 order in orders)
        {
            rows.Add(await AskAsync(node, order, cancel).ConfigureAwait(false));
        }

        return new Report().Add("node", channel.Node.ToString()).Add("traces", rows);
    }

    private static async Task<Report> AskAsync(
        NodeConnection node, Bytes32 order, CancellationToken cancel)
    {
        try
        {
            (TraceRootStatement statement, Signature signature) = await node
                .TraceRootAsync(order, cancel).ConfigureAwait(false);
            return new Report()
                .Add("orderHash", order.ToString())
                .Add("steps", statement.Steps)
                .Add("traceRoot", statement.TraceRoot.ToString())
                .Add("signed", Hex.Encode(SignedPayload.Encode(statement, signature)));
        }
        catch (WireException refused)
        {
            throw new CommandException($"order {order}: {refused.Message}", refused)
            {
                Reason = refused.Reason,
            };
        }
    }
}
