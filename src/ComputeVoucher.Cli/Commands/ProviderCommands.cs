using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>provider join|stake|status|settle|exit|withdraw|revoke</c>.</summary>
internal sealed class ProviderCommands
{
    private readonly Option<string> _nodeKey = Opt.Needed<string>(
        "--node-key", "Key file of the node, which signs that it belongs to --key", "FILE");

    private readonly Option<string> _node = Opt.Needed<string>(
        "--node", "Address of the node", "ADDRESS");

    private readonly Option<string> _provider = Opt.Of<string>(
        "--provider", "Address whose earnings are shown", "ADDRESS");

    private readonly Option<ulong> _amount = Opt.Needed<ulong>("--amount", "Token base units", "N");

    private readonly Option<string> _to = Opt.Of<string>(
        "--to", "Who is paid (default: the sender)", "ADDRESS");

    private readonly Option<string> _config = Opt.Of<string>("--config",
        "Configuration of the node that sends from the same account: it sends while it runs",
        "FILE");

    public static Command Create()
    {
        ProviderCommands commands = new();
        Command group = new("provider", "Join a node, stake for it, and get paid");
        group.Add(ReportCommand.CreateSending("join", "Make --key the node's provider, for good",
            commands.JoinAsync, commands._nodeKey));
        group.Add(ReportCommand.CreateSending("stake",
            "Add to the node's bond in front of the class's court",
            commands.StakeAsync, commands._node, CommonOptions.Class, commands._amount));
        group.Add(ReportCommand.CreateSending("exit", "Start the exit of a bond",
            commands.ExitAsync, commands._node, CommonOptions.Class));
        group.Add(ReportCommand.CreateSending("withdraw", "Pay a bond out after its exit",
            commands.WithdrawAsync, commands._node, CommonOptions.Class, commands._to));
        group.Add(ReportCommand.CreateSending("revoke", "Withdraw trust from a node key, for good",
            commands.RevokeAsync, commands._node));
        group.Add(ReportCommand.CreateSending("settle",
            "Release what has matured in escrow, and pay out what was earned in the class's token",
            commands.SettleAsync, CommonOptions.Class, commands._to, commands._config));
        group.Add(ReportCommand.CreateReading("status",
            "Show a node's provider, bond and earnings",
            commands.StatusAsync, commands._node, CommonOptions.Class, commands._provider));
        return group;
    }

    private async Task<Report> JoinAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        using PrivateKey node = KeyFile.Load(parsed.GetRequiredValue(_nodeKey));
        await JoinAsync(chain, node, cancel).ConfigureAwait(false);
        return new Report()
            .Add("node", node.Address.ToString())
            .Add("provider", chain.Account.ToString());
    }

    /// <summary>Makes the session's account the node's provider.</summary>
    public static Task JoinAsync(ChainSession chain, PrivateKey node, CancellationToken cancel)
    {
        NodeJoin join = new(chain.Account);
        Signature signature = node.Sign(
            join.Digest(chain.Deployment.Domain.ProvidersSeparator));
        return chain.Sender.SendAsync("join", chain.Deployment.Providers,
            ProvidersContract.Join(node.Address, signature), cancel);
    }

    private async Task<Report> StakeAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Of(parsed);
        Address node = AddressOption.Parse(parsed, _node);
        ulong amount = parsed.GetValue(_amount) is > 0 and ulong wanted
            ? wanted
            : throw new UsageException($"{_amount.Name} 0: at least 1 is wanted");
        chain.Sender.Expect(2);
        await chain.Sender.SendAsync("approve", terms.Token,
            Erc20Contract.Approve(chain.Deployment.Providers, amount), cancel)
            .ConfigureAwait(false);
        await chain.Sender.SendAsync("stake", chain.Deployment.Providers,
            ProvidersContract.Stake(node, terms.Token, terms.Court, amount), cancel)
            .ConfigureAwait(false);
        return await BondAsync(chain, node, terms, cancel).ConfigureAwait(false);
    }

    private Task<Report> ExitAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel) =>
        OnBondAsync(parsed, chain, "exit", (node, terms) =>
            ProvidersContract.Exit(node, terms.Token, terms.Court), cancel);

    private Task<Report> WithdrawAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel) =>
        OnBondAsync(parsed, chain, "withdraw bond", (node, terms) => ProvidersContract.Withdraw(
            node, terms.Token, terms.Court, AddressOption.ParseOr(parsed, _to, chain.Account)),
            cancel);

    private async Task<Report> OnBondAsync(
        ParseResult parsed, ChainSession chain, string kind,
        Func<Address, VoucherClass, byte[]> call, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Of(parsed);
        Address node = AddressOption.Parse(parsed, _node);
        await chain.Sender.SendAsync(
            kind, chain.Deployment.Providers, call(node, terms), cancel).ConfigureAwait(false);
        return await BondAsync(chain, node, terms, cancel).ConfigureAwait(false);
    }

    private async Task<Report> RevokeAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        Address node = AddressOption.Parse(parsed, _node);
        await chain.Sender.SendAsync("revoke", chain.Deployment.Providers,
            ProvidersContract.Revoke(node), cancel).ConfigureAwait(false);
        return new Report().Add("revoked", node.ToString());
    }

    private async Task<Report> SettleAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Of(parsed);
        Address to = AddressOption.ParseOr(parsed, _to, chain.Account);
        NodeConfiguration? node = parsed.GetValue(_config) is { } config
            ? NodeConfiguration.Load(config)
            : null;
        EscrowRelease escrow = await EscrowRelease.ReadAsync(chain, terms.Token, cancel)
            .ConfigureAwait(false);
        chain.Sender.Expect(escrow.Transactions + 1);
        await escrow.SendAsync(chain, node, cancel).ConfigureAwait(false);
        UInt256 earned = await chain.Vouchers
            .EarnedAsync(chain.Account, terms.Token, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        if (earned.IsZero && escrow.IsWaiting)
        {
            throw new CommandException(
                $"settle: nothing has matured, nothing was sent: {escrow.Line()}");
        }

        bool isSent = node is not null
            && await NodeSettlement.TryAsync(chain, node, terms.Token, to, cancel)
                .ConfigureAwait(false);
        if (!isSent)
        {
            await chain.Sender.SendAsync("settle", chain.Deployment.Vouchers,
                VouchersContract.Settle(terms.Token, to), cancel).ConfigureAwait(false);
        }

        UInt256 balance = await new Erc20Contract(chain.Rpc, terms.Token)
            .BalanceAsync(to, BlockTag.Latest, cancel).ConfigureAwait(false);
        return new Report()
            .Add("settled", earned.ToString())
            .Add("to", to.ToString())
            .Add("balance", balance.ToString())
            .Add("token", terms.Token.ToString())
            .Add("released", escrow.Released)
            .Add("waiting", escrow.Rows());
    }

    private async Task<Report> StatusAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Of(parsed);
        Address node = AddressOption.Parse(parsed, _node);
        Address owner = await chain.Providers
            .ProviderOfAsync(node, BlockTag.Latest, cancel).ConfigureAwait(false);
        Address provider = AddressOption.ParseOr(parsed, _provider, owner);
        ulong revokedAt = await chain.Providers
            .RevokedAtAsync(node, BlockTag.Latest, cancel).ConfigureAwait(false);
        UInt256 earned = await chain.Vouchers
            .EarnedAsync(provider, terms.Token, BlockTag.Latest, cancel).ConfigureAwait(false);
        UInt256 burned = await chain.Vouchers
            .BurnedAsync(terms.Token, BlockTag.Latest, cancel).ConfigureAwait(false);
        Erc20Contract token = new(chain.Rpc, terms.Token);
        UInt256 balance = await token.BalanceAsync(provider, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        UInt256 escrow = await token
            .BalanceAsync(chain.Deployment.Vouchers, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        Report report = await BondAsync(chain, node, terms, cancel).ConfigureAwait(false);
        return report
            .Add("provider", owner.ToString())
            .AddTime("revokedAt", revokedAt)
            .Add("earned", earned.ToString())
            .Add("balance", balance.ToString())
            .Add("escrow", escrow.ToString())
            .Add("burnedTokens", burned.ToString());
    }

    private static async Task<Report> BondAsync(
        ChainSession chain, Address node, VoucherClass terms, CancellationToken cancel)
    {
        Bond bond = await chain.Providers
            .BondAsync(node, terms.Token, terms.Court, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        return new Report()
            .Add("node", node.ToString())
            .Add("bond", bond.Amount)
            .AddTime("exitAt", bond.ExitAt);
    }
}
