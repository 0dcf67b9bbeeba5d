using System;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>
/// <c>GET /health</c> (the process lives), <c>/ready</c> (it accepts orders; the body says why not)
/// and <c>/metrics</c>, on loopback only. Answers are small and fixed, requests carry no body, and
/// at most <see cref="ConcurrentMax"/> are answered at once.
/// </summary>
internal sealed class HealthServer : IDisposable
{
    /// <summary>A scraper and a probe or two; more would be a mistake or an attack.</summary>
    private const int ConcurrentMax = 8;

    private readonly HttpListener _listener = new();
    private readonly SemaphoreSlim _slots = new(ConcurrentMax);
    private readonly Func<string?> _notReady;
    private readonly Metrics _metrics;
    private readonly ILogger _log;

    public HealthServer(
        IPEndPoint endpoint, Func<string?> notReady, Metrics metrics, ILogger log)
    {
        if (!IPAddress.IsLoopback(endpoint.Address))
        {
            throw new NodeException(
                $"node:health is {endpoint}: health and metrics stay on loopback (use 127.0.0.1)");
        }

        (_notReady, _metrics, _log) = (notReady, metrics, log);
        _listener.Prefixes.Add($"http://{endpoint}/");
        _listener.TimeoutManager.IdleConnection = TimeSpan.FromSeconds(5);
        try
        {
            _listener.Start();
        }
        catch (HttpListenerException failure)
        {
            throw new NodeException($"node:health {endpoint}: cannot listen: {failure.Message} "
                + "(is another node running? choose another port)", failure);
        }
    }

    /// <summary>Answers until it is disposed of.</summary>
    public async Task RunAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                await _slots.WaitAsync().ConfigureAwait(false);
                HttpListenerContext context = await _listener.GetContextAsync()
                    .ConfigureAwait(false);
                _ = AnswerAsync(context);
            }
            catch (Exception failure) when (failure is HttpListenerException
                or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    public void Dispose() => _listener.Close();

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            (int status, string body) = context.Request.HttpMethod == "GET"
                ? Page(context.Request.Url?.AbsolutePath)
                : (405, "only GET\n");
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            context.Response.ContentLength64 = bytes.Length;
            context.Response.KeepAlive = false;
            await context.Response.OutputStream.WriteAsync(bytes).ConfigureAwait(false);
            context.Response.Close();
        }
        catch (Exception failure)
        {
            _log.HealthFailed(Failure.Describe(failure));
            context.Response.Abort();
        }
        finally
        {
            _slots.Release();
        }
    }

    private (int Status, string Body) Page(string? path) => path switch
    {
        "/health" => (200, "ok\n"),
        "/ready" => _notReady() is { } reason ? (503, reason + "\n") : (200, "ready\n"),
        "/metrics" => (200, _metrics.Render()),
        _ => (404, "paths: /health /ready /metrics\n"),
    };
}
