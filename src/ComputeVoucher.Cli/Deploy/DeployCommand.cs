using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;

namespace ComputeVoucher.Cli;

/// <summary><c>deploy</c>: the contracts, a court with all that it needs, and on request a
/// worthless stablecoin for development.</summary>
/// <remarks>The file is written before the first transaction: addresses follow from account and
/// nonce. So a run that was killed goes on with what is not there yet, and nothing is created
/// twice.</remarks>
internal sealed class DeployCommand
{
    /// <summary>Between two looks at a transaction of a run before this one.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    private readonly Option<string> _out = Opt.Needed<string>("--out",
        "A new file for the addresses, or that of a deployment to go on with", "FILE");

    private readonly Option<bool> _devToken = Opt.Flag(
        "--dev-token", "Also deploy a stablecoin that anybody can mint: for development chains");

    private readonly Option<bool> _noCourts = Opt.Flag(
        "--no-courts", "Vouchers and Providers alone: its classes are `not slashable`");

    public static Command Create()
    {
        DeployCommand deploy = new();
        return ReportCommand.CreateDeploying("deploy",
            "Deploy Vouchers, Providers and a court, and write their addresses", deploy.RunAsync,
            deploy._out, deploy._devToken, deploy._noCourts);
    }

    private async Task<Report> RunAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        string file = parsed.GetRequiredValue(_out);
        DeploymentFile deployment = await DeployAsync(chain, file, !parsed.GetValue(_noCourts),
            parsed.GetValue(_devToken), cancel).ConfigureAwait(false);
        return deployment.Report();
    }

    /// <summary>Creates the contracts with the session's key, or those of them that are missing.
    /// </summary>
    public static async Task<DeploymentFile> DeployAsync(ChainSession chain, string file,
        bool withCourt, bool withDevToken, CancellationToken cancel)
    {
        DeploymentFile plan = await PlanAsync(chain, file, withCourt, withDevToken, cancel)
            .ConfigureAwait(false);
        List<DeployStep> steps = DeployPlan.Steps(plan);
        chain.Sender.Expect(steps.Count);
        for (int i = 0; i < steps.Count; i++)
        {
            await CreateAsync(chain, steps[i], plan.Nonce!.Value + (ulong)i, cancel)
                .ConfigureAwait(false);
        }

        EndpointGuard guard = new(chain.Rpc, plan.Domain, TimeSpan.Zero,
            plan.Court is { } court ? [court.Court] : []);
        ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        return health.IsAccepting
            ? plan
            : throw new CommandException($"deployed, and not as it has to be: {health.Problem}");
    }

    /// <summary>A new file, or that of an earlier run of this account with the same wishes.
    /// </summary>
    private static async Task<DeploymentFile> PlanAsync(ChainSession chain, string file,
        bool withCourt, bool withDevToken, CancellationToken cancel)
    {
        ulong chainId = await chain.Rpc.ChainIdAsync(cancel).ConfigureAwait(false);
        if (File.Exists(file))
        {
            DeploymentFile begun = DeploymentFile.Load(file);
            if (begun.Nonce is ulong first && begun == DeployPlan.Make(chainId, chain.Account,
                first, begun.Block, withCourt, withDevToken))
            {
                return begun;
            }
        }

        OutputFile.RequireNew(file);
        ulong nonce = await chain.Rpc.NonceAsync(chain.Account, BlockTag.Pending, cancel)
            .ConfigureAwait(false);
        ulong block = await chain.Rpc.BlockNumberAsync(cancel).ConfigureAwait(false);
        DeploymentFile plan = DeployPlan.Make(
            chainId, chain.Account, nonce, block, withCourt, withDevToken);
        OutputFile.WriteNew(file, plan.Report().ToJson() + "\n");
        return plan;
    }

    private static async Task CreateAsync(
        ChainSession chain, DeployStep step, ulong nonce, CancellationToken cancel)
    {
        string kind = $"deploy {step.Contract}";
        if (await IsThereAsync(chain, step, nonce, cancel).ConfigureAwait(false))
        {
            return;
        }

        TransactionReceipt receipt = await chain.Sender
            .SendAsync(kind, null, step.Code(), cancel).ConfigureAwait(false);
        if (receipt.ContractAddress != step.Address)
        {
            throw Interrupted(chain, step);
        }
    }

    /// <summary>Whether an earlier run has created it; waits for what it sent.</summary>
    private static async Task<bool> IsThereAsync(
        ChainSession chain, DeployStep step, ulong nonce, CancellationToken cancel)
    {
        while (true)
        {
            ulong mined = await chain.Rpc.NonceAsync(chain.Account, BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            ulong sent = await chain.Rpc.NonceAsync(chain.Account, BlockTag.Pending, cancel)
                .ConfigureAwait(false);
            if (mined > nonce)
            {
                byte[] code = await chain.Rpc.CodeAsync(step.Address, BlockTag.Latest, cancel)
                    .ConfigureAwait(false);
                return code.Length > 0 ? true : throw Interrupted(chain, step);
            }

            if (sent <= nonce)
            {
                return mined == nonce ? false : throw Interrupted(chain, step);
            }

            if (chain.Elapsed > chain.Rules.Timeout)
            {
                throw new CommandException($"deploy {step.Contract}: an earlier run sent it, and "
                    + "no block has taken it (wait, and run the same again)");
            }

            await Task.Delay(s_pause, cancel).ConfigureAwait(false);
        }
    }

    private static CommandException Interrupted(ChainSession chain, DeployStep step) =>
        new($"deploy {step.Contract}: {chain.Account} has sent another transaction meanwhile, so "
            + $"it will not stand at {step.Address}, which others name (deploy anew, to another "
            + "file, with an account that sends nothing else)");
}
