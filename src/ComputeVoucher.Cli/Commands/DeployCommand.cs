using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary><c>deploy</c>: the contracts, and on request a worthless stablecoin for development.
/// </summary>
internal sealed class DeployCommand
{
    private readonly Option<string> _out = Opt.Needed<string>(
        "--out", "Where the addresses go", "FILE");

    private readonly Option<bool> _devToken = Opt.Flag(
        "--dev-token", "Also deploy a stablecoin that anybody can mint: for development chains");

    public static Command Create()
    {
        DeployCommand deploy = new();
        return ReportCommand.Create("deploy",
            "Deploy Providers and Vouchers, and write their addresses", deploy.RunAsync,
            CommonOptions.Rpc, CommonOptions.Key, deploy._out, deploy._devToken);
    }

    private async Task<Report> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using ChainSession chain = await ChainSession.OpenToDeployAsync(parsed, cancel)
            .ConfigureAwait(false);
        DeploymentFile deployment = await DeployAsync(chain, parsed.GetValue(_devToken), cancel)
            .ConfigureAwait(false);
        OutputFile.Write(parsed.GetRequiredValue(_out), deployment.Report().ToJson() + "\n");
        return deployment.Report();
    }

    /// <summary>Creates the contracts with the session's key.</summary>
    public static async Task<DeploymentFile> DeployAsync(
        ChainSession chain, bool withDevToken, CancellationToken cancel)
    {
        ulong chainId = await chain.Rpc.ChainIdAsync(cancel).ConfigureAwait(false);
        ulong block = await chain.Rpc.BlockNumberAsync(cancel).ConfigureAwait(false);
        Address providers = await CreateAsync(
            chain, "deploy Providers", ContractCode.Providers(), cancel).ConfigureAwait(false);
        Address vouchers = await CreateAsync(
            chain, "deploy Vouchers", ContractCode.Vouchers(providers), cancel)
            .ConfigureAwait(false);
        Address? token = withDevToken
            ? await CreateAsync(chain, "deploy DevStablecoin", ContractCode.DevStablecoin(), cancel)
                .ConfigureAwait(false)
            : null;
        return new DeploymentFile(chainId, vouchers, providers, block, token);
    }

    private static async Task<Address> CreateAsync(
        ChainSession chain, string kind, byte[] code, CancellationToken cancel)
    {
        TransactionReceipt receipt = await chain.Sender.SendAsync(kind, null, code, cancel)
            .ConfigureAwait(false);
        return receipt.ContractAddress
            ?? throw new CommandException(
                $"{kind}: the receipt names no contract (try another endpoint)");
    }
}
