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
    private readonly Option<string> _nodeKey = new("--node-key")
    {
        Description = "Key file of the node, which signs that it belongs to --key",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string> _node = new("--node")
    {
        Description = "Address of the node", HelpName = "ADDRESS", Required = true,
    };

    private readonly Option<string> _provider = new("--provider")
    {
        Description = "Address whose earnings are shown", HelpName = "ADDRESS",
    };

    private readonly Option<ulong> _amount = new("--amount")
    {
        Description = "Token base units", HelpName = "N", Required = true,
    };

    private readonly Option<string> _to = new("--to")
    {
        Description = "Who is paid (default: the sender)", HelpName = "ADDRESS",
    };

    public static Command Create()
    {
        ProviderCommands commands = new();
        Command group = new("provider", "Join a node, stake for it, and get paid");
        group.Add(SendingCommand.Create("join", "Make --key the node's provider, for good",
            commands.JoinAsync, commands._nodeKey));
        group.Add(SendingCommand.Create("stake",
            "Add to the node's bond in front of the class's court",
            commands.StakeAsync, commands._node, CommonOptions.Class, commands._amount));
        group.Add(SendingCommand.Create("exit", "Start the exit of a bond",
            commands.ExitAsync, commands._node, CommonOptions.Class));
        group.Add(SendingCommand.Create("withdraw", "Pay a bond out after its exit",
            commands.WithdrawAsync, commands._node, CommonOptions.Class, commands._to));
        group.Add(SendingCommand.Create("revoke", "Withdraw trust from a node key, for good",
            commands.RevokeAsync, commands._node));
        group.Add(SendingCommand.Create("settle", "Pay out what was earned in the class's token",
            commands.SettleAsync, CommonOptions.Class, commands._to));
        group.Add(SendingCommand.CreateReading("status",
            "Show a node's provider, bond and earnings",
            commands.StatusAsync, commands._node, CommonOptions.Class, commands._provider));
        return group;
    }

    private async Task<Report> JoinAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        using PrivateKey node = KeyFile.Load(parsed.GetRequiredValue(_nodeKey));
        NodeJoin join = new(chain.Account);
        Signature signature = node.Sign(
            join.Digest(chain.Deployment.Domain.ProvidersSeparator));
        await chain.Sender.SendAsync("join", chain.Deployment.Providers,
            ProvidersContract.Join(node.Address, signature), cancel).ConfigureAwait(false);
        return new Report()
            .Add("node", node.Address.ToString())
            .Add("provider", chain.Account.ToString());
    }

    private async Task<Report> StakeAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Load(parsed.GetRequiredValue(CommonOptions.Class));
        Address node = AddressOption.Parse(parsed, _node);
        ulong amount = parsed.GetValue(_amount);
        await chain.Sender.SendAsync("approve", terms.Token,
            Erc20Contract.Approve(chain.Deployment.Providers, amount), cancel)
            .ConfigureAwait(false);
        await chain.Sender.SendAsync("stake", chain.Deployment.Providers,
            ProvidersContract.Stake(node, terms.Token, terms.Court, amount), cancel)
            .ConfigureAwait(false);
        return await BondAsync(chain, node, terms, cancel).ConfigureAwait(false);
    }

    private async Task<Report> ExitAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Load(parsed.GetRequiredValue(CommonOptions.Class));
        Address node = AddressOption.Parse(parsed, _node);
        await chain.Sender.SendAsync("exit", chain.Deployment.Providers,
            ProvidersContract.Exit(node, terms.Token, terms.Court), cancel).ConfigureAwait(false);
        return await BondAsync(chain, node, terms, cancel).ConfigureAwait(false);
    }

    private async Task<Report> WithdrawAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Load(parsed.GetRequiredValue(CommonOptions.Class));
        Address node = AddressOption.Parse(parsed, _node);
        await chain.Sender.SendAsync("withdraw bond", chain.Deployment.Providers,
            ProvidersContract.Withdraw(node, terms.Token, terms.Court, Recipient(parsed, chain)),
            cancel).ConfigureAwait(false);
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
        VoucherClass terms = ClassFile.Load(parsed.GetRequiredValue(CommonOptions.Class));
        Address to = Recipient(parsed, chain);
        UInt256 earned = await chain.Vouchers
            .EarnedAsync(chain.Account, terms.Token, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        await chain.Sender.SendAsync("settle", chain.Deployment.Vouchers,
            VouchersContract.Settle(terms.Token, to), cancel).ConfigureAwait(false);
        UInt256 balance = await new Erc20Contract(chain.Rpc, terms.Token)
            .BalanceAsync(to, BlockTag.Latest, cancel).ConfigureAwait(false);
        return new Report()
            .Add("settled", earned.ToString())
            .Add("to", to.ToString())
            .Add("balance", balance.ToString());
    }

    private async Task<Report> StatusAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        VoucherClass terms = ClassFile.Load(parsed.GetRequiredValue(CommonOptions.Class));
        Address node = AddressOption.Parse(parsed, _node);
        Address owner = await chain.Providers
            .ProviderOfAsync(node, BlockTag.Latest, cancel).ConfigureAwait(false);
        Address provider = parsed.GetValue(_provider) is null
            ? owner
            : AddressOption.Parse(parsed, _provider);
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
            .Add("revokedAt", revokedAt)
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
            .Add("exitAt", bond.ExitAt);
    }

    private Address Recipient(ParseResult parsed, ChainSession chain) =>
        parsed.GetValue(_to) is null ? chain.Account : AddressOption.Parse(parsed, _to);
}
