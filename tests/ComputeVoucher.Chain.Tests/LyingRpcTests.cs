using System;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Endpoints that answer well-formed untruths.</summary>
[Collection("anvil lies")]
[Trait("Category", "load")]
public sealed class LyingRpcTests(AnvilFixture chain) : IClassFixture<AnvilFixture>
{
    private readonly ManualClock _clock = new();

    [AnvilFact]
    public async Task Outbox_AnotherChain_SendsNothing()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        await using RpcProxy proxy = new(chain.Anvil.Url);
        proxy.Rewrite("eth_chainId", text => Swap(text, "0x7a69", "0x1"));
        using JsonRpcClient rpc = AnvilFixture.Client(proxy.Url);
        using Outbox outbox = new(rpc, store, key, AnvilFixture.Options(), _clock);
        await outbox.SubmitAsync(chain.LogRequest("another chain"), default);
        await outbox.StepAsync(default);
        Assert.Contains("chain 1", outbox.Problem, StringComparison.Ordinal);
        Assert.Equal(0, proxy.Count("eth_sendRawTransaction"));
        Assert.Equal(OutboxState.Intent, store.List()[0].State);
    }

    [AnvilFact]
    public async Task Guard_AnotherChainIdOrCode_StopsAcceptingAndNamesIt()
    {
        await using RpcProxy proxy = new(chain.Anvil.Url);
        using JsonRpcClient rpc = AnvilFixture.Client(chain.Anvil.Url, proxy.Url);
        EndpointGuard guard = new(rpc, AnvilFixture.ChainId, default, chain.LoggerCode);
        Assert.True((await guard.CheckAsync(default)).IsAccepting);
        Assert.Equal(2, guard.Health.EndpointsAlive);

        proxy.Rewrite("eth_chainId", text => Swap(text, "0x7a69", "0x2"));
        await CheckStoppedAsync(guard, "chain 2");
        proxy.Rewrite("eth_chainId", text => text);
        proxy.Rewrite("eth_getCode", text => Swap(text, "6000", "6001"));
        await CheckStoppedAsync(guard, "as long, with other instructions");
        proxy.Rewrite("eth_getCode", _ => """{"jsonrpc":"2.0","id":2,"result":"0x"}""");
        await guard.CheckAsync(default);
        Assert.False(guard.Health.IsAccepting && guard.Health.Problem is null);

        // Redemption goes on: the honest endpoint still serves.
        Assert.NotEqual(0UL, await rpc.BlockNumberAsync(default));
        proxy.Heal();
        Assert.True((await guard.CheckAsync(default)).IsAccepting);
    }

    [AnvilFact]
    public async Task Guard_AnotherFinalBlock_StopsAccepting()
    {
        await using RpcProxy proxy = new(chain.Anvil.Url);
        using JsonRpcClient rpc = AnvilFixture.Client(chain.Anvil.Url, proxy.Url);
        EndpointGuard guard = new(rpc, AnvilFixture.ChainId, default, chain.LoggerCode);
        proxy.Rewrite(
            "eth_getBlockByNumber",
            text => text.Replace("\"hash\":\"0x", "\"hash\":\"0xabcd", StringComparison.Ordinal)
                is string longer ? Shorten(longer) : text);
        await CheckStoppedAsync(guard, "disagree on final block");
    }

    [AnvilFact]
    public async Task Guard_NoCode_RefusedByName()
    {
        using JsonRpcClient rpc = AnvilFixture.Client(chain.Anvil.Url);
        Address nowhere = new(new byte[20].Select((_, i) => (byte)i).ToArray());
        EndpointGuard guard = new(
            rpc, AnvilFixture.ChainId, default, new DeployedCode("Nothing", nowhere, 1, default));
        await CheckStoppedAsync(guard, "no contract at");
    }

    [AnvilFact]
    public async Task Receipt_WithoutLog_NotCounted()
    {
        await CheckLieAsync(
            "no log",
            text => Cut(text, "\"logs\":[", "]", "\"logs\":[]"),
            OutboxOutcome.WithoutLog);
    }

    [AnvilFact]
    public async Task Receipt_LogOfAnotherContract_NotCounted()
    {
        string honest = Hex.Encode(chain.Logger.Span);
        string other = Hex.Encode(chain.Reverter.Span);
        await CheckLieAsync(
            "other contract",
            text => text.Replace(
                $"\"address\":\"{honest}\"", $"\"address\":\"{other}\"", StringComparison.Ordinal),
            OutboxOutcome.WithoutLog);
    }

    [AnvilFact]
    public async Task Receipt_Reverted_NotCounted()
    {
        await CheckLieAsync(
            "status 0",
            text => Swap(text, "\"status\":\"0x1\"", "\"status\":\"0x0\""),
            OutboxOutcome.Reverted);
    }

    [AnvilFact]
    public async Task Receipt_OfAnotherBlockOrSender_Ignored()
    {
        foreach (string field in new[] { "blockHash", "from", "transactionHash" })
        {
            using PrivateKey key = await chain.NewKeyAsync();
            DyingOutboxStore store = new();
            await using RpcProxy proxy = new(chain.Anvil.Url);
            proxy.Rewrite("eth_getTransactionReceipt", text => Falsify(text, field));
            using JsonRpcClient rpc = AnvilFixture.Client(proxy.Url);
            using Outbox outbox = new(rpc, store, key, AnvilFixture.Options(), _clock);
            await outbox.SubmitAsync(chain.LogRequest("false " + field), default);
            await outbox.StepAsync(default);

            // Mined at once, but not before the answer.
            await Patience.UntilAsync(async () =>
            {
                await outbox.StepAsync(default);
                return outbox.Problem is not null;
            });
            Assert.True(store.List()[0].State < OutboxState.Mined, field);
        }
    }

    private static string Swap(string text, string from, string to) =>
        text.Replace(from, to, StringComparison.Ordinal);

    private static string Falsify(string text, string field) =>
        text.Replace($"\"{field}\":\"0x", $"\"{field}\":\"0xdead", StringComparison.Ordinal)
            is string longer
            ? System.Text.RegularExpressions.Regex.Replace(
                longer,
                $"\"{field}\":\"(0xdead[0-9a-f]*)[0-9a-f]{{4}}\"",
                $"\"{field}\":\"$1\"")
            : text;

    private static string Shorten(string text) => System.Text.RegularExpressions.Regex.Replace(
        text, "\"hash\":\"(0xabcd[0-9a-f]{60})[0-9a-f]{4}\"", "\"hash\":\"$1\"");

    private static string Cut(string text, string start, string end, string replacement)
    {
        int from = text.IndexOf(start, StringComparison.Ordinal);
        if (from < 0)
        {
            return text;
        }

        // The log holds one array, its topics, so the second bracket closes the logs.
        int topics = text.IndexOf(end, from, StringComparison.Ordinal);
        int to = text.IndexOf(end, topics + 1, StringComparison.Ordinal);
        return text[..from] + replacement + text[(to + 1)..];
    }

    private static async Task CheckStoppedAsync(EndpointGuard guard, string words)
    {
        ChainHealth health = await guard.CheckAsync(default);
        Assert.False(health.IsAccepting);
        Assert.Contains(words, health.Problem!, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", health.Problem, StringComparison.Ordinal);
    }

    private async Task CheckLieAsync(
        string name, Func<string, string> lie, OutboxOutcome expected)
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        await using RpcProxy proxy = new(chain.Anvil.Url);
        proxy.Rewrite("eth_getTransactionReceipt", lie);
        using JsonRpcClient rpc = AnvilFixture.Client(proxy.Url);
        using Outbox outbox = new(rpc, store, key, AnvilFixture.Options(), _clock);
        await outbox.SubmitAsync(chain.LogRequest(name), default);
        for (int i = 0; i < 5; i++)
        {
            await outbox.StepAsync(default);
            await chain.Anvil.MineAsync();
        }

        Assert.Equal(expected, store.List()[0].Outcome);
    }
}
