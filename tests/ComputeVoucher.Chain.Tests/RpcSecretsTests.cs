using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Credentials reach the endpoint and nothing else; what it asks for is honoured.
/// </summary>
[Trait("Category", "load")]
public sealed class RpcSecretsTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task UserAndHeader_Sent()
    {
        Recorder network = new();
        using JsonRpcClient rpc = Client(
            network, "http://user:s3cr%65t@a.invalid/v3/KEY", "X-Token: abc");
        Assert.Equal(7UL, await rpc.ChainIdAsync(default));
        HttpRequestHeaders sent = Assert.Single(network.Requests).Headers;
        string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes("user:s3cret"));
        Assert.Equal($"Basic {basic}", sent.Authorization!.ToString());
        Assert.Equal(["abc"], sent.GetValues("X-Token"));
        Assert.Equal("http://a.invalid/v3/KEY", network.Requests[0].RequestUri!.AbsoluteUri);
    }

    [Theory]
    [InlineData(401, "credentials")]
    [InlineData(402, "paid")]
    [InlineData(308, "new URL")]
    [InlineData(500, "HTTP 500")]
    public async Task Refusals_NameTheRemedyAndNoSecret(int status, string words)
    {
        Recorder network = new() { Status = (HttpStatusCode)status, Body = "no" };
        using JsonRpcClient rpc = Client(network, "http://user:s3cret@a.invalid/v3/KEY");
        ChainException error = await Assert.ThrowsAsync<ChainException>(
            () => rpc.ChainIdAsync(default));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Check(error.Message);
    }

    [Fact]
    public async Task ErrorThatRepeatsThePath_IsHidden()
    {
        Recorder network = new()
        {
            Body = """
                {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"/v3/KEY is off"}}
                """,
        };
        using JsonRpcClient rpc = Client(network, "http://a.invalid/v3/KEY");
        Check((await Assert.ThrowsAsync<ChainException>(() => rpc.ChainIdAsync(default))).Message);
    }

    [Theory]
    [InlineData("wss://user:s3cret@a.invalid/ws/v3/KEY")]
    [InlineData("ws://a.invalid/KEY?s3cret")]
    public void OtherScheme_RefusedWithoutTheSecret(string url)
    {
        ChainException error = Assert.Throws<ChainException>(() => Client(new Recorder(), url));
        Assert.Contains("a.invalid", error.Message, StringComparison.Ordinal);
        Check(error.Message);
    }

    [Fact]
    public void BrokenHeader_RefusedWithoutIt() => Check(Assert.Throws<ChainException>(
        () => Client(new Recorder(), "http://a.invalid", "s3cret\nKEY")).Message);

    [Fact]
    public async Task RetryAfter_NotAskedBeforeIt()
    {
        Recorder network = new()
        {
            Status = HttpStatusCode.TooManyRequests,
            RetryAfter = TimeSpan.FromSeconds(30),
        };
        using JsonRpcClient rpc = Client(network, "http://a.invalid");
        await Assert.ThrowsAsync<ChainException>(() => rpc.ChainIdAsync(default));
        network.Status = HttpStatusCode.OK;
        ChainException early = await Assert.ThrowsAsync<ChainException>(
            () => rpc.ChainIdAsync(default));
        Assert.Equal(ChainFault.RateLimited, early.Fault);
        Assert.Single(network.Requests);
        _clock.Advance(TimeSpan.FromSeconds(31));
        network.Id = 2;
        Assert.Equal(7UL, await rpc.ChainIdAsync(default));
    }

    [Fact]
    public async Task CompressedAnswer_SaysSo()
    {
        Recorder network = new() { Encoding = "gzip" };
        using JsonRpcClient rpc = Client(network, "http://a.invalid");
        ChainException error = await Assert.ThrowsAsync<ChainException>(
            () => rpc.ChainIdAsync(default));
        Assert.Contains("compress", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndpointThatKeepsFailing_AskedMoreAndMoreRarely()
    {
        Recorder away = new() { Status = HttpStatusCode.BadGateway };
        Recorder good = new();
        Queue<HttpMessageHandler> networks = new([away, good]);
        using JsonRpcClient rpc = new(
            new RpcOptions
            {
                Endpoints = [new Uri("http://away.invalid"), new Uri("http://good.invalid")],
                HandlerFactory = networks.Dequeue,
            },
            _clock);
        for (int second = 0; second < 180; second++)
        {
            good.Id = second + 1;
            await rpc.ChainIdAsync(default);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(away.Requests.Count, 3, 8);
        Assert.Equal(1, rpc.Answering);
    }

    private static void Check(string message)
    {
        Assert.DoesNotContain("s3cret", message, StringComparison.Ordinal);
        Assert.DoesNotContain("KEY", message, StringComparison.Ordinal);
    }

    private JsonRpcClient Client(Recorder network, string url, params string[] headers) => new(
        new RpcOptions
        {
            Endpoints = [new Uri(url)],
            Headers = headers,
            HandlerFactory = () => network,
        },
        _clock);

    private sealed class Recorder : HttpMessageHandler
    {
        public List<HttpRequestMessage> Requests { get; } = [];

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public int Id { get; set; } = 1;

        public string? Body { get; init; }

        public string? Encoding { get; init; }

        public TimeSpan? RetryAfter { get; init; }

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(request);
            string body = Body ?? $$"""{"jsonrpc":"2.0","id":{{Id}},"result":"0x7"}""";
            HttpResponseMessage answer = new(Status) { Content = new StringContent(body) };
            if (Encoding is not null)
            {
                answer.Content.Headers.ContentEncoding.Add(Encoding);
            }

            if (RetryAfter is TimeSpan wait)
            {
                answer.Headers.RetryAfter = new RetryConditionHeaderValue(wait);
            }

            return Task.FromResult(answer);
        }
    }
}
