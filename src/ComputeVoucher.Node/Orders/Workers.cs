using System;
using System.Collections.Generic;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>
/// Loops that execute, each with a session of its own per model: buffers are bounded by
/// workers × models and never shared between orders that run at once.
/// </summary>
internal sealed class Workers : IDisposable
{
    private readonly FairQueue _queue;
    private readonly Backend _backend;
    private readonly int _threadsPerWorker;
    private readonly ILogger _log;

    public Workers(
        string name, int count, FairQueue queue, Backend backend, int threadsPerWorker,
        Scheduling scheduling, ILogger log)
    {
        (_queue, _backend, _threadsPerWorker, _log) = (queue, backend, threadsPerWorker, log);
        for (int i = 0; i < count; i++)
        {
            Dictionary<IModel, IModelSession> sessions = [];
            scheduling.Start($"{name} {i}", wait => Work(sessions, wait));
        }
    }

    /// <summary>Closes the queue; loops end when it is empty, and are not waited for.</summary>
    public void Dispose() => _queue.Close();

    /// <summary>One job.</summary>
    private bool Work(Dictionary<IModel, IModelSession> sessions, bool wait)
    {
        if (!_queue.TryDequeue(out Job? job, wait))
        {
            foreach (IModelSession session in sessions.Values)
            {
                session.Dispose();
            }

            sessions.Clear();
            return false;
        }

        try
        {
            if (!sessions.TryGetValue(job.Model, out IModelSession? session))
            {
                session = job.Model.CreateSession(_backend, _threadsPerWorker);
                sessions[job.Model] = session;
            }

            job.Run(session);
        }
        catch (Exception failure)
        {
            // A session that threw may hold half a result: the next job gets a new one.
            if (sessions.Remove(job.Model, out IModelSession? broken))
            {
                broken.Dispose();
            }

            _log.UnexpectedFailure("worker", Failure.Describe(failure));
            job.Fail(failure);
        }
        finally
        {
            _queue.ReturnPlace(job.IsBehind);
        }

        return true;
    }
}
