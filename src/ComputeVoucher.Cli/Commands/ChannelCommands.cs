using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

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
        ChannelTerms channel = chain.Holder.NewChannel(terms, AddressOption.Parse(parsed, _node),
            AddressOption.Parse(parsed, _spend), new Bytes32(salt));
        // Written first: without the salt nobody could ever redeem or close the channel.
        OutputFile.Write(
            parsed.GetRequiredValue(_output), ChannelFile.Report(channel).ToJson() + "\n");
        await chain.Holder.OpenAsync(terms, channel, UnitsOption.Parse(parsed, _units), cancel)
            .ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    private async Task<Report> TopUpAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        ChannelTerms channel = Terms(parsed);
        await chain.Holder.TopUpAsync(
            Class(parsed), channel, UnitsOption.Parse(parsed, _units), cancel)
            .ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    private async Task<Report> ThawAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        ChannelTerms channel = Terms(parsed);
        await chain.Holder.ThawAsync(Class(parsed), channel, cancel).ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    private async Task<Report> WithdrawAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        ChannelTerms channel = Terms(parsed);
        await chain.Holder.WithdrawAsync(Class(parsed), channel, cancel).ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    private async Task<Report> CloseAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        ChannelTerms channel = Terms(parsed);
        using PrivateKey spend = KeyFile.Load(parsed.GetRequiredValue(_spendKey));
        using ClientJournal journal = ClientJournal.Open(
            parsed.GetRequiredValue(_state), channel.HashStruct());
        await using NodeConnection node = new(ClientOptions.Connection(
            parsed.GetRequiredValue(_at), channel, chain.Deployment.Domain, spend,
            ClientOptions.PatienceDefault));
        await chain.Holder.CloseAsync(
            Class(parsed), channel, journal.NewestAck, node, spend, cancel).ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    private async Task<Report> ListAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        Address holder = AddressOption.Parse(parsed, _holder);
        List<ChannelTerms> channels = await HolderAccount.ChannelsAsync(
            chain.Rpc, chain.Deployment.Vouchers, holder, parsed.GetValue(_fromBlock), cancel)
            .ConfigureAwait(false);
        List<Report> rows = [];
        foreach (ChannelTerms channel in channels)
        {
            rows.Add(await ShowAsync(chain, channel, cancel).ConfigureAwait(false));
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
