using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary><c>deploy</c> and <c>model admit</c> on a chain with the real contracts.</summary>
[Trait("Category", "load")]
public sealed class DeployTests : IAsyncLifetime
{
    private readonly string _folder =
        Directory.CreateTempSubdirectory("computevoucher-deploy-").FullName;

    private AnvilProcess _anvil = null!;

    private string Out => Path.Combine(_folder, "deployment.json");

    public async Task InitializeAsync()
    {
        if (AnvilProcess.Binary is not null)
        {
            _anvil = await AnvilProcess.StartAsync("--hardfork prague");
        }
    }

    public async Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        if (_anvil is not null)
        {
            await _anvil.DisposeAsync();
        }
    }

    /// <summary>Stopped at every transaction in turn, and once more after the last one.</summary>
    [MarketFact]
    public async Task Deploy_StoppedAtEveryTransaction_GoesOnAndCreatesNothingTwice()
    {
        int stops = 0;
        DeploymentFile? done = null;
        while (done is null)
        {
            using CancellationTokenSource stop = new();
            string? last = null;
            using ChainSession chain = await OpenAsync(line =>
            {
                if (last is not null)
                {
                    stop.Cancel();
                }

                last = line;
            });
            try
            {
                done = await DeployCommand.DeployAsync(chain, Out, true, true, stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or OutcomeUnknownException)
            {
                stops++;
                Assert.True(File.Exists(Out));
            }
        }

        Assert.Equal(DeployPlan.Steps(done).Count - 1, stops);
        Assert.Equal(DeploymentFile.Load(Out), done);
        using ChainSession again = await OpenAsync(line => Assert.Fail(line));
        Assert.Equal(done, await DeployCommand.DeployAsync(again, Out, true, true, default));
        Assert.Equal(
            (ulong)DeployPlan.Steps(done).Count,
            await again.Rpc.NonceAsync(again.Account, BlockTag.Latest, default));
        CourtAddresses found = await CourtAddresses.FindAsync(
            done.Domain, done.Court!.Court,
            at => again.Rpc.CodeAsync(at, BlockTag.Latest, default));
        Assert.Equal(done.Court, found);
    }

    /// <summary>What an earlier run sent is waited for, not sent again.</summary>
    [MarketFact]
    public async Task Deploy_StoppedWithATransactionInThePool_WaitsForIt()
    {
        await _anvil.RpcAsync("evm_setAutomine", "false");
        using CancellationTokenSource stop = new();
        using ChainSession first = await OpenAsync(_ => { });
        Task<DeploymentFile> run = DeployCommand.DeployAsync(first, Out, true, false, stop.Token);
        await Patience.UntilAsync(async () =>
            await first.Rpc.NonceAsync(first.Account, BlockTag.Pending, default) == 1);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => run);

        List<string> said = [];
        using ChainSession second = await OpenAsync(said.Add);
        run = DeployCommand.DeployAsync(second, Out, true, false, default);
        await _anvil.RpcAsync("evm_setAutomine", "true");
        await _anvil.MineAsync();
        DeploymentFile done = await run;
        Assert.DoesNotContain(said, line => line.Contains("Providers", StringComparison.Ordinal));
        Assert.Equal(
            (ulong)DeployPlan.Steps(done).Count,
            await second.Rpc.NonceAsync(second.Account, BlockTag.Latest, default));
    }

    /// <summary>Another transaction in between would put the rest where nobody names it.</summary>
    [MarketFact]
    public async Task Deploy_AccountUsedMeanwhile_SaysSo()
    {
        using CancellationTokenSource stop = new();
        int said = 0;
        using (ChainSession chain = await OpenAsync(_ =>
        {
            if (++said == 3)
            {
                stop.Cancel();
            }
        }))
        {
            await Assert.ThrowsAnyAsync<Exception>(() =>
                DeployCommand.DeployAsync(chain, Out, true, false, stop.Token));
        }

        string account = PrivateKey.Parse(AnvilProcess.Keys[0]).Address.ToString();
        for (int i = 0; i < 2; i++)
        {
            await _anvil.RpcAsync("eth_sendTransaction", $$"""
                {"from":"{{account}}","to":"{{account}}"}
                """);
            await _anvil.MineAsync();
        }

        using ChainSession again = await OpenAsync(_ => { });
        CommandException failure = await Assert.ThrowsAsync<CommandException>(() =>
            DeployCommand.DeployAsync(again, Out, true, false, default));
        Assert.Contains("has sent another transaction", failure.Message, StringComparison.Ordinal);
        // Another wish, or another account, does not go on with somebody's file.
        failure = await Assert.ThrowsAsync<CommandException>(() =>
            DeployCommand.DeployAsync(again, Out, false, false, default));
        Assert.Contains("already there", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Admitted in steps, by anybody, once.</summary>
    [MarketFact]
    public async Task Admit_ShippedModel_IsAdmittedOnce()
    {
        using ChainSession deployer = await OpenAsync(_ => { });
        DeploymentFile deployment =
            await DeployCommand.DeployAsync(deployer, Out, true, false, default);
        using IModel model = ModelFile.Open(NodeRig.ShippedModel);
        using ChainSession stranger = await ChainSession.OpenAsync(
            [_anvil.Url.ToString()], deployment, PrivateKey.Parse(AnvilProcess.Keys[3]),
            SendRules.Quiet, default);
        JsonElement first = Json(await AdmitCommand.AdmitAsync(stranger, model, default));
        Assert.Equal("admitted", first.GetProperty("state").GetString());
        Assert.Equal(3, first.GetProperty("transactions").GetInt32());
        Assert.Equal(model.Description.Units, ulong.Parse(
            first.GetProperty("units").ToString(), CultureInfo.InvariantCulture));
        ulong gas = ulong.Parse(
            first.GetProperty("gas").ToString(), CultureInfo.InvariantCulture);
        Assert.InRange(gas, 100_000UL, 2_000_000UL);

        JsonElement again = Json(await AdmitCommand.AdmitAsync(stranger, model, default));
        Assert.Equal("was admitted already", again.GetProperty("state").GetString());
        Assert.Equal(0, again.GetProperty("transactions").GetInt32());

        using IModel tales = ModelFile.Open(NodeRig.ShippedTales);
        JsonElement language = Json(await AdmitCommand.AdmitAsync(stranger, tales, default));
        Assert.Equal("admitted", language.GetProperty("state").GetString());
        Assert.Equal(1, language.GetProperty("transactions").GetInt32());
    }

    private Task<ChainSession> OpenAsync(Action<string> say) => ChainSession.OpenToDeployAsync(
        [_anvil.Url.ToString()], PrivateKey.Parse(AnvilProcess.Keys[0]),
        SendRules.Quiet with { Say = say }, default);

    private static JsonElement Json(Report report) =>
        JsonDocument.Parse(report.ToJson()).RootElement;
}
