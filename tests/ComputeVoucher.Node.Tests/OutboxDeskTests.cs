using System;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Node.Tests;

/// <summary>One transaction, asked for over the operator's socket.</summary>
[Trait("Category", "load")]
public sealed class OutboxDeskTests : IDisposable
{
    private readonly string _directory =
        Directory.CreateTempSubdirectory("computevoucher-outbox-").FullName;

    private readonly ManualClock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task BumpAndCancel_OverTheSocket_AnswerWhatComesOfIt()
    {
        using PrivateKey key = PrivateKey.Parse(AnvilProcess.Keys[0]);
        using JsonRpcClient rpc = new(
            new RpcOptions { Endpoints = [new Uri("http://chain.invalid/")] }, _clock);
        using Outbox outbox = new(
            rpc, new MemoryOutboxStore(), key, new OutboxOptions { ChainId = 1 }, _clock);
        await outbox.SubmitAsync(Request("settle"), default);
        await outbox.SubmitAsync(Request(Redeemer.Kind), default);
        OutboxDesk desk = new(outbox);
        using ControlServer? server = ControlServer.Start(
            Path.Combine(_directory, "control.sock"),
            (question, _, cancel) =>
            {
                using JsonDocument asked = JsonDocument.Parse(question);
                return desk.AnswerAsync(
                    asked.RootElement.GetProperty("command").GetString()!,
                    asked.RootElement.GetProperty("argument").GetString()!, cancel);
            },
            _clock, NullLogger.Instance);
        await AssertRefusedAsync("bump", "1", "settle (outbox 1, nonce none yet): nothing is");
        await AssertRefusedAsync("bump", "x", "\"x\" is no id");
        await AssertRefusedAsync("cancel", "-1", "\"-1\" is no id");
        await AssertRefusedAsync("cancel", "3", "outbox 3: no such transaction");
        await AssertCancelledAsync("1", "ended; nothing of it was signed");
        await AssertCancelledAsync("2", "builds it anew");
        await AssertRefusedAsync("cancel", "2", "outbox 2: no such transaction");
        Assert.Empty(outbox.Open);
    }

    private static OutboxRequest Request(string kind) => new() { Kind = kind, To = Address.Zero };

    private async Task AssertCancelledAsync(string id, string next)
    {
        JsonElement answer = (await ControlClient.AskAsync(_directory, "cancel", id, default))!
            .Value;
        Assert.Contains(
            next, answer.GetProperty("next").GetString(), StringComparison.Ordinal);
        JsonElement row = answer.GetProperty("transactions")[0];
        Assert.Equal("Abandoned", row.GetProperty("state").GetString());
        Assert.Equal("Cancelled", row.GetProperty("outcome").GetString());
    }

    private async Task AssertRefusedAsync(string command, string argument, string words)
    {
        NodeException refused = await Assert.ThrowsAsync<NodeException>(
            () => ControlClient.AskAsync(_directory, command, argument, default));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }
}
