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
        "--out", "A new file for the addresses", "FILE");

    private readonly Option<bool> _devToken = Opt.Flag(
        "--dev-token", "Also deploy a stablecoin that anybody can mint: for development chains");

    public static Command Create()
    {
        DeployCommand deploy = new();
        return ReportCommand.CreateDeploying("deploy",
            "Deploy Providers and Vouchers, and write their addresses", deploy.RunAsync,
            deploy._out, deploy._devToken);
    }

    private async Task<Report> RunAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        string file = parsed.GetRequiredValue(_out);
        OutputFile.RequireNew(file);
        DeploymentFile deployment = await DeployAsync(chain, parsed.GetValue(_devToken), cancel)
            .ConfigureAwait(false);
        string json = deployment.Report().ToJson();
        try
        {
            OutputFile.WriteNew(file, json + "\n");
        }
        catch (CommandException failure)
        {
            // The contracts are there and were paid for: their addresses must not be lost.
            throw new CommandException($"{failure.Message}; deployed: {json}", failure);
        }

        return deployment.Report();
    }

    /// <summary>Creates the contracts with the session's key.</summary>
    public static async Task<DeploymentFile> DeployAsync(
        ChainSession chain, bool withDevToken, CancellationToken cancel)
    {
        ulong chainId = await chain.Rpc.ChainIdAsync(cancel).ConfigureAwait(false);
        chain.Sender.Expect(withDevToken ? 3 : 2);
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
