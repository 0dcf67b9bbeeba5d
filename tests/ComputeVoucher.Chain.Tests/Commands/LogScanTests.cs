using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Logs of a long history, from endpoints of every limit: what lists and restores
/// channels.</summary>
[Trait("Category", "load")]
public sealed class LogScanTests
{
    private const ulong History = 20_000;

    [Theory]
    [InlineData(500, -32602, "query exceeds max block range 500")]
    [InlineData(10, -32005, "limit exceeded: at most 10 blocks")]
    public async Task RangeLimit_EveryLogOnceAndFewQueries(ulong most, int code, string words)
    {
        using Endpoint endpoint = new()
        {
            Judge = blocks => blocks <= most
                ? HttpStatusCode.OK
                : throw new NotSupportedException($"\"code\":{code},\"message\":\"{words}\""),
        };
        using JsonRpcClient rpc = endpoint.Connect();
        List<LogEntry> logs = await LogScan.ReadAsync(rpc, Filter(), default);
        Assert.Equal(Endpoint.Logged, logs.Select(l => l.BlockNumber));

        // Half of the range is asked for at worst; a range that grew once too far costs one more.
        Assert.InRange(endpoint.Queries, 1, (int)(2 * History / most * 5 / 4) + 20);
    }

    /// <summary>Smaller ranges would be more queries at an endpoint that wants fewer.</summary>
    [Fact]
    public async Task RateLimit_RangeStaysAndTheFaultIsTold()
    {
        using Endpoint endpoint = new() { Judge = _ => HttpStatusCode.TooManyRequests };
        using JsonRpcClient rpc = endpoint.Connect();
        ChainException limited = await Assert.ThrowsAsync<ChainException>(
            () => LogScan.ReadAsync(rpc, Filter(), default));
        Assert.Equal(ChainFault.RateLimited, limited.Fault);
        Assert.Equal(1, endpoint.Queries);
    }

    private static LogFilter Filter() => new(Address.Zero, 1, History, []);

    /// <summary>Has a log in every hundredth block, and a limit.</summary>
    private sealed class Endpoint : HttpMessageHandler
    {
        public static IEnumerable<ulong> Logged =>
            Enumerable.Range(1, (int)History / 100).Select(i => 100UL * (ulong)i);

        public required Func<ulong, HttpStatusCode> Judge { get; init; }

        public int Queries { get; private set; }

        public JsonRpcClient Connect() => new(
            new RpcOptions
            {
                Endpoints = [new Uri("http://a.invalid")],
                EndpointRest = TimeSpan.Zero,
                HandlerFactory = () => this,
            },
            new ManualClock());

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Queries++;
            byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            using JsonDocument asked = JsonDocument.Parse(body);
            JsonElement filter = asked.RootElement.GetProperty("params")[0];
            ulong from = Number(filter.GetProperty("fromBlock"));
            ulong to = Number(filter.GetProperty("toBlock"));
            string answer;
            HttpStatusCode status = HttpStatusCode.OK;
            try
            {
                status = Judge(to - from + 1);
                answer = $"\"result\":[{string.Join(',', Logs(from, to))}]";
            }
            catch (NotSupportedException refusal)
            {
                answer = $"\"error\":{{{refusal.Message}}}";
            }

            int id = asked.RootElement.GetProperty("id").GetInt32();
            return new HttpResponseMessage(status)
            {
                Content = new StringContent($$"""{"jsonrpc":"2.0","id":{{id}},{{answer}}}"""),
            };
        }

        private static IEnumerable<string> Logs(ulong from, ulong to) => Logged
            .Where(block => block >= from && block <= to)
            .Select(block => $$"""
                {"address":"{{Hex.Encode(Address.Zero.Span)}}","topics":[],"data":"0x",
                "blockNumber":{{ScriptedChain.Quantity(block)}},"blockHash":"{{Bytes32.Zero}}",
                "transactionHash":"{{Bytes32.Zero}}","logIndex":"0x0"}
                """);

        private static ulong Number(JsonElement quantity) => ulong.Parse(
            quantity.GetString().AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
