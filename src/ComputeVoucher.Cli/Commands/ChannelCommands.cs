using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>channel open|topup|thaw|withdraw|close|show|list|restore</c>.</summary>
internal sealed class ChannelCommands
{
    private readonly Option<string> _node = Opt.Needed<string>(
        "--node", "Address of the node that may redeem", "ADDRESS");

    private readonly Option<string> _spend = Opt.Needed<string>(
        "--spend", "Address of the key that signs orders and acks", "ADDRESS");

    private readonly Option<string> _output = Opt.Needed<string>(
        "--output", "A new file for the channel's terms", "FILE", "-o");

    private readonly Option<string> _holder = Opt.Needed<string>(
        "--holder", "Whose channels are listed", "ADDRESS");

    private readonly Option<ulong?> _fromBlock = Opt.Of<ulong?>(
        "--from-block", "First block to search (default: the deployment's)", "N");

    private readonly Option<string> _id = Opt.Needed<string>(
        "--id", "The channel, as `channel list` names it", "HEX");

    private readonly Option<string> _class = Opt.Of<string>(
        "--class", "The terms of its class, to be written with it: they tell of the court", "FILE");

    private readonly Option<string> _write = Opt.Of<string>(
        "--write", "Also write a channel file ID.json for each that has none here", "DIR");

    public static Command Create()
    {
        ChannelCommands commands = new();
        Command group = new("channel", "Lock units to a node, and get them back");
        group.Add(ReportCommand.CreateSending("open", "Lock units to a node",
            commands.OpenAsync, CommonOptions.Class, commands._node, commands._spend,
            UnitsOption.Units, commands._output));
        group.Add(ReportCommand.CreateSending("topup", "Lock more units",
            Change((parsed, chain, channel, cancel) => chain.Holder.TopUpAsync(
                ClassFile.Of(parsed), channel, UnitsOption.Parse(parsed), cancel)),
            CommonOptions.Class, ClientOptions.Channel, UnitsOption.Units));
        group.Add(ReportCommand.CreateSending("thaw", "Start the time after which units come back",
            Change((parsed, chain, channel, cancel) => chain.Holder.ThawAsync(
                ClassFile.Of(parsed), channel, cancel)),
            CommonOptions.Class, ClientOptions.Channel));
        group.Add(ReportCommand.CreateSending("withdraw", "After the thaw: take the rest back",
            Change((parsed, chain, channel, cancel) => chain.Holder.WithdrawAsync(
                ClassFile.Of(parsed), channel, cancel)),
            CommonOptions.Class, ClientOptions.Channel));
        group.Add(ReportCommand.CreateSending("close",
            "At once, with the node's consent: pay what was acknowledged, take the rest back",
            Change(CloseAsync), CommonOptions.Class, ClientOptions.Channel, ClientOptions.At,
            ClientOptions.SpendKey, ClientOptions.State));
        group.Add(ReportCommand.CreateReading("show", "What the chain holds of a channel",
            async (parsed, chain, cancel) =>
                (await ShowAsync(chain, Terms(parsed), cancel).ConfigureAwait(false)).Add("court",
                    OrderGuards.CourtOf(parsed.GetRequiredValue(ClientOptions.Channel))),
            ClientOptions.Channel));
        group.Add(ReportCommand.CreateReading("list", "Channels that a holder opened",
            commands.ListAsync, commands._holder, commands._fromBlock, commands._write));
        group.Add(ReportCommand.CreateReading("restore",
            "Write a channel file anew, from what the chain recorded when it was opened",
            commands.RestoreAsync, commands._id, commands._output, commands._class,
            commands._fromBlock));
        return group;
    }

    private static ChannelTerms Terms(ParseResult parsed) =>
        ChannelFile.Load(parsed.GetRequiredValue(ClientOptions.Channel));

    private async Task<Report> OpenAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        ChannelTerms channel = await OpenAsync(chain, ClassFile.Of(parsed),
            AddressOption.Parse(parsed, _node), AddressOption.Parse(parsed, _spend),
            UnitsOption.Parse(parsed), parsed.GetRequiredValue(_output), cancel)
            .ConfigureAwait(false);
        return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
    }

    /// <summary>Locks units to a node, the channel's terms in the file before anything is sent.
    /// </summary>
    public static async Task<ChannelTerms> OpenAsync(
        ChainSession chain, VoucherClass terms, Address node, Address spend, UInt128 units,
        string file, CancellationToken cancel)
    {
        Span<byte> salt = stackalloc byte[Bytes32.Size];
        Libc.FillRandom(salt);
        ChannelTerms channel = chain.Holder.NewChannel(
            terms, node, spend, new Bytes32(salt));
        // Written first: without the salt nobody could ever redeem or close the channel.
        ChannelFile.Write(file, channel, terms);
        try
        {
            await chain.Holder.OpenAsync(terms, channel, units, cancel).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is ChainException or OperationCanceledException)
        {
            // Neither says that the transaction may be under way: there is no such channel.
            OutputFile.Remove(file);
            throw;
        }

        return channel;
    }

    /// <summary>Does one thing with a channel, then shows it.</summary>
    private static Func<ParseResult, ChainSession, CancellationToken, Task<Report>> Change(
        Func<ParseResult, ChainSession, ChannelTerms, CancellationToken, Task> act) =>
        async (parsed, chain, cancel) =>
        {
            ChannelTerms channel = Terms(parsed);
            await act(parsed, chain, channel, cancel).ConfigureAwait(false);
            return await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
        };

    private static async Task CloseAsync(
        ParseResult parsed, ChainSession chain, ChannelTerms channel, CancellationToken cancel)
    {
        using PrivateKey spend = KeyFile.Load(parsed.GetRequiredValue(ClientOptions.SpendKey));
        using ClientJournal journal = ClientJournal.Open(
            parsed.GetRequiredValue(ClientOptions.State), channel);
        await using NodeConnection node = new(ClientOptions.Connection(
            parsed, channel, chain.Deployment.Domain, spend, ClientOptions.PatienceDefault));
        await chain.Holder.CloseAsync(ClassFile.Of(parsed), channel, journal.NewestAck, node,
            spend, cancel).ConfigureAwait(false);
    }

    private async Task<Report> ListAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        Address holder = AddressOption.Parse(parsed, _holder);
        List<ChannelTerms> channels = await HolderAccount.ChannelsAsync(
            chain.Rpc, chain.Deployment.Vouchers, holder, FromBlock(parsed, chain), cancel)
            .ConfigureAwait(false);
        string? folder = parsed.GetValue(_write);
        List<Report> rows = [];
        foreach (ChannelTerms channel in channels)
        {
            Report row = await ShowAsync(chain, channel, cancel).ConfigureAwait(false);
            rows.Add(folder is null ? row : row.Add("file", WriteInto(folder, channel)));
        }

        return new Report().Add("channels", rows);
    }

    private async Task<Report> RestoreAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        string text = parsed.GetRequiredValue(_id);
        string file = parsed.GetRequiredValue(_output);
        if (!Bytes32.TryParse(text, out Bytes32 id))
        {
            throw new UsageException($"{_id.Name} {text}: 64 hexadecimal digits are wanted");
        }

        OutputFile.RequireNew(file);
        ulong from = FromBlock(parsed, chain);
        ChannelTerms channel = await HolderAccount.ChannelAsync(
            chain.Rpc, chain.Deployment.Vouchers, id, from, cancel).ConfigureAwait(false)
            ?? throw new CommandException($"{id}: no channel of this id was opened since block "
                + $"{from} (ask another endpoint, or from an earlier block)");
        if (parsed.GetValue(_class) is { } classFile)
        {
            VoucherClass terms = ClassFile.Load(classFile);
            ClassFile.RequireOf(channel, terms);
            ChannelFile.Write(file, channel, terms);
        }
        else
        {
            ChannelFile.Write(file, channel);
        }

        return (await ShowAsync(chain, channel, cancel).ConfigureAwait(false)).Add("file", file);
    }

    private ulong FromBlock(ParseResult parsed, ChainSession chain) =>
        parsed.GetValue(_fromBlock) ?? chain.Deployment.Block;

    /// <summary>The channel's file in a folder; one that is there already stays as it is.</summary>
    private static string WriteInto(string folder, in ChannelTerms channel)
    {
        string file = Path.Combine(folder, $"{channel.HashStruct()}.json");
        if (!Path.Exists(file))
        {
            ChannelFile.Write(file, channel);
        }

        return file;
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
            .AddTime("thawAt", amounts.IsClosed ? 0 : amounts.ThawAt);
    }
}
