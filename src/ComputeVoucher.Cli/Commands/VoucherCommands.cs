using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>voucher buy|transfer|migrate|spend|list|reclaim</c>.</summary>
internal sealed class VoucherCommands
{
    private readonly Option<string> _to = Opt.Of<string>(
        "--to", "Who receives (default: the sender)", "ADDRESS");

    private readonly Option<string> _holder = Opt.Needed<string>(
        "--holder", "Whose vouchers are shown", "ADDRESS");

    private readonly Option<bool> _mintDevToken = Opt.Flag(
        "--mint-dev-token",
        "First make the price out of nothing: works with the development coin only");

    private readonly Option<string> _into = Opt.Needed<string>(
        "--into", "Terms of the class that they become units of: of the same token, and no earlier "
            + "end", "FILE");

    private readonly Option<bool> _dryRun = Opt.Flag(
        "--dry-run", "Only say what would be received or paid, and what burned; sends nothing");

    public static Command Create()
    {
        VoucherCommands commands = new();
        Command group = new("voucher", "Buy, give away and list vouchers");
        group.Add(ReportCommand.CreateSending("buy", "Pay the price and receive units",
            commands.BuyAsync, CommonOptions.Class, UnitsOption.Units, commands._to,
            commands._mintDevToken));
        group.Add(ReportCommand.CreateSending("transfer", "Give units to somebody else",
            commands.TransferAsync, CommonOptions.Class, UnitsOption.Units, commands._to));
        group.Add(ReportCommand.CreateSending("migrate",
            "Turn units into units of a class that ends later, paid with their backing",
            commands.MigrateAsync, CommonOptions.Class, commands._into, UnitsOption.Units,
            commands._to, commands._dryRun));
        group.Add(ReportCommand.CreateSending("spend",
            "Pay a node's provider with units that are locked in no channel",
            commands.SpendAsync, CommonOptions.Class, ClientOptions.Channel, UnitsOption.Units,
            commands._dryRun));
        group.Add(ReportCommand.CreateSending("reclaim",
            "After the class has ended: burn units for their backing",
            commands.ReclaimAsync, CommonOptions.Class, UnitsOption.Units, commands._to));
        group.Add(ReportCommand.CreateReading("list", "Show the units of a holder",
            commands.ListAsync, CommonOptions.Class, commands._holder));
        return group;
    }

    private async Task<Report> BuyAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Of(parsed);
        UInt128 units = UnitsOption.Parse(parsed);
        Address to = AddressOption.ParseOr(parsed, _to, chain.Account);
        UInt256 cost = await BuyAsync(
            chain, terms, units, to, parsed.GetValue(_mintDevToken), cancel).ConfigureAwait(false);
        Report report = await BalanceAsync(chain, terms, to, cancel).ConfigureAwait(false);
        return report.Add("bought", units).Add("paid", cost.ToString());
    }

    /// <summary>Pays for the units; the price, in token base units.</summary>
    public static async Task<UInt256> BuyAsync(ChainSession chain, VoucherClass terms,
        UInt128 units, Address to, bool mintDevToken, CancellationToken cancel)
    {
        UInt256 cost = await chain.Holder.QuoteAsync(terms, units, cancel)
            .ConfigureAwait(false);
        if (mintDevToken)
        {
            await chain.Sender.SendAsync("mint development coin", terms.Token,
                Erc20Contract.Mint(chain.Account, cost), cancel).ConfigureAwait(false);
        }

        await chain.Holder.BuyAsync(terms, units, to, cost, cancel).ConfigureAwait(false);
        return cost;
    }

    private async Task<Report> TransferAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Of(parsed);
        UInt128 units = UnitsOption.Parse(parsed);
        if (parsed.GetValue(_to) is null)
        {
            throw new UsageException("voucher transfer: --to ADDRESS is wanted");
        }

        await chain.Holder.TransferAsync(
            terms, units, AddressOption.Parse(parsed, _to), cancel).ConfigureAwait(false);
        return await BalanceAsync(chain, terms, chain.Account, cancel).ConfigureAwait(false);
    }

    private async Task<Report> MigrateAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass from = ClassFile.Of(parsed);
        VoucherClass into = ClassFile.Load(parsed.GetRequiredValue(_into));
        UInt128 units = UnitsOption.Parse(parsed);
        Address to = AddressOption.ParseOr(parsed, _to, chain.Account);
        if (from.Token != into.Token || into.Expiry < from.Expiry)
        {
            throw new CommandException("units move only between classes of one token, and only to "
                + $"a class that ends no earlier: {from.HashStruct()} is of token {from.Token} "
                + $"and ends at {from.Expiry}, {into.HashStruct()} of {into.Token} at "
                + $"{into.Expiry} (choose another class, or wait and reclaim)");
        }

        if (units * UnitRates.Backing(from) / UnitRates.Total(into) == 0)
        {
            throw new CommandException($"{units} units would become none of {into.HashStruct()}, "
                + "and all of them burn (move more at once)");
        }

        UInt256 received = await chain.Vouchers.MigratedAsync(
            chain.Account, from, into, units, BlockTag.Latest, cancel).ConfigureAwait(false);
        Report report = new Report()
            .Add("units", units)
            .Add("received", received.ToString())
            .Add("of", into.HashStruct().ToString())
            .Add("burned", Burned(units * UnitRates.Total(from), received * UnitRates.Total(into)))
            .Add("slashable", into.Court.IsZero ? "no: the class has no court" : "yes");
        if (parsed.GetValue(_dryRun))
        {
            return report.Add("sent", false);
        }

        await chain.Holder.MigrateAsync(from, into, units, to, cancel).ConfigureAwait(false);
        return report.Add("sent", true);
    }

    private async Task<Report> SpendAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Of(parsed);
        ChannelTerms channel = ChannelFile.Load(parsed.GetRequiredValue(ClientOptions.Channel));
        ClassFile.RequireOf(channel, terms);
        UInt128 units = UnitsOption.Parse(parsed);
        if (channel.Holder != chain.Account)
        {
            throw new CommandException($"{chain.Account} is not the channel's holder "
                + $"{channel.Holder}, who alone may (name its key)");
        }

        UInt256 paid = await chain.Vouchers
            .SpentAsync(terms, channel, units, BlockTag.Latest, cancel).ConfigureAwait(false);
        Report report = new Report()
            .Add("units", units)
            .Add("node", channel.Node.ToString())
            .Add("paid", paid.ToString())
            .Add("burned", Burned(units * UnitRates.Total(terms), paid * UnitRates.Scale));
        if (parsed.GetValue(_dryRun))
        {
            return report.Add("sent", false);
        }

        await chain.Holder.SpendAsync(terms, channel, units, cancel).ConfigureAwait(false);
        return report.Add("sent", true);
    }

    /// <summary>Token base units between what units were worth and what became of them.</summary>
    private static string Burned(UInt256 worth, UInt256 kept) =>
        ((worth - kept) / UnitRates.Scale).ToString();

    private async Task<Report> ReclaimAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Of(parsed);
        UInt128 units = UnitsOption.Parse(parsed);
        Address to = AddressOption.ParseOr(parsed, _to, chain.Account);
        await chain.Holder.ReclaimAsync(terms, units, to, cancel).ConfigureAwait(false);
        return await BalanceAsync(chain, terms, chain.Account, cancel).ConfigureAwait(false);
    }

    private Task<Report> ListAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel) =>
        BalanceAsync(chain, ClassFile.Of(parsed),
            AddressOption.Parse(parsed, _holder), cancel);

    private static async Task<Report> BalanceAsync(
        ChainSession chain, VoucherClass terms, Address holder, CancellationToken cancel)
    {
        Bytes32 id = terms.HashStruct();
        UInt256 units = await chain.Vouchers.BalanceAsync(holder, id, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        UInt256 coins = await new Erc20Contract(chain.Rpc, terms.Token)
            .BalanceAsync(holder, BlockTag.Latest, cancel).ConfigureAwait(false);
        return new Report()
            .Add("class", id.ToString())
            .Add("holder", holder.ToString())
            .Add("units", units.ToString())
            .Add("tokens", coins.ToString())
            .Add("slashable", terms.Court.IsZero ? "no: the class has no court" : "yes");
    }
}
