using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>voucher buy|transfer|list|reclaim</c>.</summary>
internal sealed class VoucherCommands
{
    private readonly Option<ulong> _units = UnitsOption.Create();

    private readonly Option<string> _to = new("--to")
    {
        Description = "Who receives (default: the sender)", HelpName = "ADDRESS",
    };

    private readonly Option<string> _holder = new("--holder")
    {
        Description = "Whose vouchers are shown", HelpName = "ADDRESS", Required = true,
    };

    private readonly Option<bool> _mintDevToken = new("--mint-dev-token")
    {
        Description = "First make the price out of nothing: works with the development coin only",
    };

    public static Command Create()
    {
        VoucherCommands commands = new();
        Command group = new("voucher", "Buy, give away and list vouchers");
        group.Add(SendingCommand.Create("buy", "Pay the price and receive units",
            commands.BuyAsync, CommonOptions.Class, commands._units, commands._to,
            commands._mintDevToken));
        group.Add(SendingCommand.Create("transfer", "Give units to somebody else",
            commands.TransferAsync, CommonOptions.Class, commands._units, commands._to));
        group.Add(SendingCommand.Create("reclaim",
            "After the class has ended: burn units for their backing",
            commands.ReclaimAsync, CommonOptions.Class, commands._units, commands._to));
        group.Add(SendingCommand.CreateReading("list", "Show the units of a holder",
            commands.ListAsync, CommonOptions.Class, commands._holder));
        return group;
    }

    private async Task<Report> BuyAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Load(parsed.GetRequiredValue(CommonOptions.Class));
        UInt128 units = UnitsOption.Parse(parsed, _units);
        Address to = Recipient(parsed, chain);
        UInt256 cost = await chain.Holder.QuoteAsync(terms, units, cancel)
            .ConfigureAwait(false);
        if (parsed.GetValue(_mintDevToken))
        {
            await chain.Sender.SendAsync("mint development coin", terms.Token,
                Erc20Contract.Mint(chain.Account, cost), cancel).ConfigureAwait(false);
        }

        await chain.Holder.BuyAsync(terms, units, to, cost, cancel).ConfigureAwait(false);
        Report report = await BalanceAsync(chain, terms, to, cancel).ConfigureAwait(false);
        return report.Add("bought", units).Add("paid", cost.ToString());
    }

    private async Task<Report> TransferAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Load(parsed.GetRequiredValue(CommonOptions.Class));
        UInt128 units = UnitsOption.Parse(parsed, _units);
        if (parsed.GetValue(_to) is null)
        {
            throw new UsageException("voucher transfer: --to ADDRESS is wanted");
        }

        await chain.Holder.TransferAsync(
            terms, units, AddressOption.Parse(parsed, _to), cancel).ConfigureAwait(false);
        return await BalanceAsync(chain, terms, chain.Account, cancel).ConfigureAwait(false);
    }

    private async Task<Report> ReclaimAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Load(parsed.GetRequiredValue(CommonOptions.Class));
        UInt128 units = UnitsOption.Parse(parsed, _units);
        await chain.Holder.ReclaimAsync(terms, units, Recipient(parsed, chain), cancel)
            .ConfigureAwait(false);
        return await BalanceAsync(chain, terms, chain.Account, cancel).ConfigureAwait(false);
    }

    private Task<Report> ListAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel) =>
        BalanceAsync(chain, ClassFile.Load(parsed.GetRequiredValue(CommonOptions.Class)),
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

    private Address Recipient(ParseResult parsed, ChainSession chain) =>
        parsed.GetValue(_to) is null ? chain.Account : AddressOption.Parse(parsed, _to);
}
