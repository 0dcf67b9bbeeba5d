using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Node.Cli;
using ComputeVoucher.Node.Client;
using ComputeVoucher.Node.Files;
using ComputeVoucher.Node.Keys;
using ComputeVoucher.Node.Native;
using ComputeVoucher.Node.OnChain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.Commands;

/// <summary><c>channel open|topup|thaw|withdraw|close|show|list</c>.</summary>
internal sealed class ChannelCommands
{
    private readonly Option<ulong> _units = UnitsOption.Create();

    private readonly Option<string> _node = new("--node")
    {
        Description = "Address of the node that may redeem", HelpName = "ADDRESS", Required = true,
    };

    private readonly Option<string> _spend = new("--spend")
    {
        Description = "Address of the key that signs orders and acks",
        HelpName = "ADDRESS",
        Required = true,
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Where the channel's terms go", HelpName = "FILE", Required = true,
    };

    private readonly Option<string> _channel = ClientOptions.CreateChannel();
    private readonly Option<string> _spendKey = ClientOptions.CreateSpendKey();
    private readonly Option<string> _at = ClientOptions.CreateNode();
    private readonly Option<string> _state = ClientOptions.CreateState();

    private readonly Option<string> _holder = new("--holder")
    {
        Description = "Whose channels are listed", HelpName = "ADDRESS", Required = true,
    };

    private readonly Option<ulong> _fromBlock = new("--from-block")
    {
        Description = "First block to search", HelpName = "N",
    };

    public static Command Create()
    {
        ChannelCommands commands = new();
        Command group = new("channel", "Lock units to a node, and get them back");
        group.Add(SendingCommand.Create("open", "Lock units to a node",
            commands.OpenAsync, CommonOptions.Class, commands._node, commands._spend,
            commands._units, commands._output));
        group.Add(SendingCommand.Create("topup", "Lock more units",
            commands.TopUpAsync, CommonOptions.Class, commands._channel, commands._units));
        group.Add(SendingCommand.Create("thaw", "Start the time after which units come back",
            commands.ThawAsync, CommonOptions.Class, commands._channel));
        group.Add(SendingCommand.Create("withdraw", "After the thaw: take the rest back",
            commands.WithdrawAsync, CommonOptions.Class, commands._channel));
        group.Add(SendingCommand.Create("close",
            "At once, with the node's consent: pay what was acknowledged, take the rest back",
            commands.CloseAsync, CommonOptions.Class, commands._channel, commands._at,
            commands._spendKey, commands._state));
        group.Add(SendingCommand.CreateReading("show", "What the chain holds of a channel",
            (parsed, chain, cancel) =>
                ShowAsync(chain, commands.Terms(parsed), cancel), commands._channel));
        group.Add(SendingCommand.CreateReading("list", "Channels that a holder opened",
            commands.ListAsync, commands._holder, commands._fromBlock));
        return group;
    }

    private ChannelTerms Terms(ParseResult parsed) =>
        ChannelFile.Load(parsed.GetRequiredValue(_channel));

    private static VoucherClass Class(ParseResult parsed) =>
        ClassFile.Load(parsed.GetRequiredValue(CommonOptions.Class));

    private async Task<Report> OpenAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = Class(parsed);
        Span<byte> salt = stackalloc byte[Bytes32.Size];
        Libc.FillRandom(salt);
        ChannelTerms channel = new(
            chain.Account,
            AddressOption.Parse(parsed, _node),
            AddressOption.Parse(parsed, _spend),
            terms.HashStruct(),
            new Bytes32(salt));
        // Written first: without the salt nobody could ever redeem or close the channel.
        OutputFile.Write(
            parsed.GetRequiredValue(_output), ChannelFile.Report(channel).ToJson() + "\n");
        await chain.SendAsync("open channel", chain.Deployment.Vouchers,
            VouchersContract.Open(terms, channel, UnitsOption.Parse(parsed, _units)), cancel)
            .ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    private async Task<Report> TopUpAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        ChannelTerms channel = Terms(parsed);
        await chain.SendAsync("top up", chain.Deployment.Vouchers, VouchersContract.TopUp(
            Class(parsed), channel, UnitsOption.Parse(parsed, _units)), cancel)
            .ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    private async Task<Report> ThawAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        ChannelTerms channel = Terms(parsed);
        await chain.SendAsync("thaw", chain.Deployment.Vouchers,
            VouchersContract.Thaw(Class(parsed), channel), cancel).ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    private async Task<Report> WithdrawAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        ChannelTerms channel = Terms(parsed);
        await chain.SendAsync("withdraw", chain.Deployment.Vouchers,
            VouchersContract.Withdraw(Class(parsed), channel), cancel).ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    private async Task<Report> CloseAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        ChannelTerms channel = Terms(parsed);
        using PrivateKey spend = KeyFile.Load(parsed.GetRequiredValue(_spendKey));
        using ClientJournal journal = ClientJournal.Open(
            parsed.GetRequiredValue(_state), channel.HashStruct());
        await using NodeConnection node = new(
            ClientOptions.EndPoint(parsed.GetRequiredValue(_at)), channel, chain.Deployment.Domain,
            spend, ClientOptions.PatienceDefault);
        (Release release, Signature releaseSignature) = await node.ReleaseAsync(cancel)
            .ConfigureAwait(false);
        Ack ack = journal.NewestAck;
        if (release.CumUnits > ack.CumUnits)
        {
            throw new NodeException($"the node releases only above {release.CumUnits} units, our "
                + $"newest ack is {ack.CumUnits} (is --state the right file?)");
        }

        Signature ackSignature = spend.Sign(ack.Digest(chain.Deployment.Domain.VouchersSeparator));
        await chain.SendAsync("close channel", chain.Deployment.Vouchers, VouchersContract.Close(
            Class(parsed), channel, ack, ackSignature, releaseSignature), cancel)
            .ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    private async Task<Report> ListAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        Address holder = AddressOption.Parse(parsed, _holder);
        Bytes32 topic = new(new AbiWriter().Write(holder).ToArray());
        ulong latest = await chain.Rpc.BlockNumberAsync(cancel).ConfigureAwait(false);
        List<Report> rows = [];
        for (ulong from = parsed.GetValue(_fromBlock); from <= latest;
            from += ChainLimits.LogBlocksMax)
        {
            LogEntry[] logs = await chain.Rpc.LogsAsync(new LogFilter(
                chain.Deployment.Vouchers,
                from,
                Math.Min(latest, from + ChainLimits.LogBlocksMax - 1),
                [[ChannelOpenedEvent.Topic], [], [topic]]), cancel).ConfigureAwait(false);
            foreach (LogEntry log in logs)
            {
                if (ChannelOpenedEvent.TryRead(log, out ChannelOpenedEvent opened))
                {
                    rows.Add(await ShowAsync(chain, opened.Terms, cancel).ConfigureAwait(false));
                }
            }
        }

        return new Report().Add("channels", rows);
    }

    private static async Task<Report> ShowAsync(
        ChainSession chain, ChannelTerms channel, CancellationToken cancel)
    {
        Bytes32 id = channel.HashStruct();
        ChannelAmounts amounts = await chain.Vouchers.ChannelAsync(id, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        return new Report()
            .Add("id", id.ToString())
            .Add("node", channel.Node.ToString())
            .Add("locked", amounts.Locked)
            .Add("redeemed", amounts.Redeemed)
            .Add("state", amounts.IsClosed ? "closed" : amounts.ThawAt > 0 ? "thawing" : "open")
            .Add("thawAt", amounts.IsClosed ? 0 : amounts.ThawAt);
    }
}
