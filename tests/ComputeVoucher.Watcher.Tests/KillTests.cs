using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Fraud;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using Xunit.Abstractions;

namespace ComputeVoucher.Watcher.Tests;

/// <summary>
/// `computevoucher watch` in processes of its own, ended by SIGKILL between its moves: when it is
/// about to send, with a transaction that no block has taken, and right behind one. What comes
/// after it goes on from the chain; no case is lost, and nothing is sent twice.
/// </summary>
[Trait("Category", "load")]
public sealed class KillTests(ITestOutputHelper output) : WatchRig(output)
{
    /// <summary>Of a process that ended as it wanted to, or could not look at something.</summary>
    private const int StatusMax = 1;

    private const int Killed = 128 + 9;

    /// <summary>More lives than any case takes: an endless loop.</summary>
    private const int LivesMax = 40;

    private enum Moment
    {
        /// <summary>Told, and on its way or not yet.</summary>
        Told,

        /// <summary>In the pool, and in no block.</summary>
        Pending,

        /// <summary>In a block.</summary>
        Mined,
    }

    [CourtFact]
    public async Task KilledProcess_LosesNoCase_AndPaysNothingTwice()
    {
        int points = Runs.Count(6, 50);
        Dictionary<Moment, int> kills = [];
        List<(ChannelTerms Terms, string Folder)> cases = [];
        for (int point = 0; point < points; point++)
        {
            string folder = Path.Combine(Folder, $"{point}");
            (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(
                element: 3 + point, tensor: 1 + point % (Own.Trace.Count - 2));
            await cheat.ServeAsync(terms, 5, folder, OrderFlags.TraceRootWanted);
            await LiveUntilConvictedAsync(point, folder, terms, cheat, kills);
            cases.Add((terms, folder));
        }

        // The process compares clocks, so the chain's moves on when all are decided.
        Assert.Equal(
            (UInt256)(ulong)points * Model.Costs.Run(0, 1, Execution.WantedProofs.None),
            await RefundedAsync());
        foreach ((ChannelTerms terms, string folder) in cases)
        {
            await IsCollectedAsync(terms, folder);
        }

        Output.WriteLine(string.Join(", ", kills));
        Assert.Equal(3, kills.Count);
        // Deposits are back, and no transaction was made for nothing.
        Assert.Equal(UInt256.Zero, await Market.Rpc.BalanceAsync(
            Market.Disputes.Address, BlockTag.Latest, default));
        Assert.Equal(
            (ulong)points, await Market.Disputes.CountAsync(BlockTag.Latest, default));
        Assert.Empty(await RevertedAsync());
    }

    private async Task LiveUntilConvictedAsync(int point, string folder, ChannelTerms terms,
        CheatingNode cheat, Dictionary<Moment, int> kills)
    {
        CourtContract court = new(Market.Rpc, Market.Court);
        for (int life = 0; life < LivesMax; life++)
        {
            Moment moment = (Moment)((point + life) % 3);
            if (await LiveAsync(folder, moment))
            {
                kills[moment] = kills.GetValueOrDefault(moment) + 1;
            }

            await cheat.MoveAsync();
            CaseState state = await court.CaseAsync(
                terms.HashStruct(), 5, BlockTag.Latest, default);
            if (state.IsConvicted && state.Refunded == state.Refundable)
            {
                return;
            }
        }

        Assert.Fail($"point {point}: not convicted after {LivesMax} lives");
    }

    /// <summary>One process, to its end or until it is killed at its first transaction.</summary>
    /// <returns>Whether it was killed.</returns>
    private async Task<bool> LiveAsync(string folder, Moment moment)
    {
        ulong sent = await NonceAsync(BlockTag.Latest);
        bool isHeld = moment == Moment.Pending;
        if (isHeld)
        {
            await Market.Anvil.RpcAsync("evm_setAutomine", "false");
        }

        using Process process = Start(folder);
        try
        {
            if (!await ReadAsync(process, "waiting for a block"))
            {
                await process.WaitForExitAsync();
                Assert.InRange(process.ExitCode, 0, StatusMax);
                return false;
            }

            BlockTag tag = isHeld ? BlockTag.Pending : BlockTag.Latest;
            await Patience.UntilAsync(async () => moment == Moment.Told
                || await NonceAsync(tag) > sent || process.HasExited);
            process.Kill();
            await process.WaitForExitAsync();
            Assert.Equal(Killed, process.ExitCode);
            if (isHeld)
            {
                await FollowAsync(folder);
            }

            return true;
        }
        finally
        {
            if (isHeld)
            {
                await Market.Anvil.RpcAsync("evm_setAutomine", "true");
            }
        }
    }

    /// <summary>The next process finds the transaction of the one before in the pool: it waits for
    /// it, and a block comes.</summary>
    private async Task FollowAsync(string folder)
    {
        ulong pending = await NonceAsync(BlockTag.Pending);
        using Process next = Start(folder);
        Assert.True(await ReadAsync(next, "another transaction of this account waits"));
        Assert.Equal(pending, await NonceAsync(BlockTag.Pending));
        next.Kill();
        await next.WaitForExitAsync();
        await Market.Anvil.MineAsync();
        Assert.Equal(pending, await NonceAsync(BlockTag.Latest));
    }

    private Process Start(string folder)
    {
        string key = Path.Combine(Folder, "watcher.key");
        string deployment = Path.Combine(Folder, "deployment.json");
        if (!File.Exists(key))
        {
            _ = Posix.CreatePrivate(key);
            File.WriteAllText(key, CourtMarket.WatcherSecret[2..]);
            File.WriteAllText(deployment, JsonSerializer.Serialize(new
            {
                chainId = Market.Domain.ChainId,
                vouchers = $"{Market.Domain.Vouchers}",
                providers = $"{Market.Domain.Providers}",
            }));
        }

        ProcessStartInfo start = new("dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "computevoucher.dll"), "watch", "--once",
            "--evidence", folder, "--model", ModelPath, "--rpc", $"{Market.Anvil.Url}",
            "--deployment", deployment, "--key", key,
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = Process.Start(start)!;
        _ = process.StandardOutput.ReadToEndAsync();
        return process;
    }

    /// <summary>Reads what it says until a line has the words; false at its end.</summary>
    private async Task<bool> ReadAsync(Process process, string words)
    {
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            Output.WriteLine($"{process.Id}: {line}");
            if (line.Contains(words, StringComparison.Ordinal))
            {
                _ = process.StandardError.ReadToEndAsync();
                return true;
            }
        }

        return false;
    }

    private Task<ulong> NonceAsync(BlockTag at) =>
        Market.Rpc.NonceAsync(Market.Watcher.Address, at, default);

    /// <summary>The watcher's transactions that had no effect.</summary>
    private async Task<List<string>> RevertedAsync()
    {
        List<string> reverted = [];
        ulong head = await Market.Rpc.BlockNumberAsync(default);
        for (ulong number = 0; number <= head; number++)
        {
            JsonElement block = await Market.Anvil.RpcAsync(
                "eth_getBlockByNumber", $"\"0x{number:x}\",true");
            foreach (JsonElement one in block.GetProperty("transactions").EnumerateArray())
            {
                Bytes32 hash = Bytes32.Parse(one.GetProperty("hash").GetString()!);
                TransactionReceipt? receipt = await Market.Rpc.ReceiptAsync(hash, default);
                bool isOurs = Address.Parse(one.GetProperty("from").GetString()!)
                    == Market.Watcher.Address;
                if (isOurs && receipt!.IsSuccess != true)
                {
                    reverted.Add($"{hash}");
                }
            }
        }

        return reverted;
    }
}
