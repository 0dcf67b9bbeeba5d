using System;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace ComputeVoucher.Bn254;

/// <summary>Several threads that take jobs one after the other until there are none.</summary>
internal static class Team
{
    /// <param name="threads">How many work, the caller's among them.</param>
    /// <param name="jobs">How many there are to do.</param>
    /// <param name="run">Worker, below <paramref name="threads"/>, and job.</param>
    /// <param name="cancel">Looked at between jobs.</param>
    /// <exception cref="OperationCanceledException">Not all jobs were done.</exception>
    public static void Run(
        int threads, int jobs, Action<int, int> run, CancellationToken cancel)
    {
        int next = -1;
        Exception? failure = null;
        void Work(int worker)
        {
            try
            {
                for (int job; (job = Interlocked.Increment(ref next)) < jobs;)
                {
                    cancel.ThrowIfCancellationRequested();
                    run(worker, job);
                }
            }
            catch (Exception thrown)
            {
                // The others stop at their next job; the caller hears of the first.
                Interlocked.CompareExchange(ref failure, thrown, null);
                Interlocked.Exchange(ref next, jobs);
            }
        }

        Thread[] helpers = new Thread[threads - 1];
        for (int i = 0; i < helpers.Length; i++)
        {
            int worker = i + 1;
            helpers[i] = new Thread(() => Work(worker)) { Name = "prove", IsBackground = true };
            helpers[i].Start();
        }

        Work(0);
        foreach (Thread helper in helpers)
        {
            helper.Join();
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }
}
