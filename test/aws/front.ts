/**
 * A server in front of moto. moto answers for AWS; this one fills in what moto leaves out or does not move: what an
 * application was made with, the states of job runs and processing jobs, SageMaker's quotas. It also writes down every
 * call, and puts faults on the way.
 */
import { createServer, request as httpRequest, type Server, type ServerResponse } from 'node:http';
import { type Incoming, readRequest, sendError, sendJson } from './wire.js';

type Json = Record<string, unknown>;

export interface Fault {
  /** Of `service:operation`. */
  call: RegExp;
  /** How often; calls before these go through. */
  times: number;
  /** Calls that match and go through first. Default 0. */
  after?: number;
  reply:
    | { status: number; type: string; message: string }
    /** The connection is closed before an answer. */
    | 'cut'
    /** The call is carried out, and the connection closed before its answer. */
    | 'cut-answer'
    /** There is no answer as long as somebody waits for it. */
    | 'held';
}

/** A job run as the service tells of it, with what moves it. */
export interface JobRun {
  applicationId: string;
  jobRunId: string;
  /** What StartJobRun was asked for. */
  request: Json;
  state: string;
  stateDetails: string;
  /** States still to come: one a poll. `hold` stays where it is. */
  script: string[];
  createdAt: number;
  updatedAt: number;
}

export interface FrontOptions {
  /** States of a job run, one a poll. The default succeeds. */
  script?: readonly string[];
  /** States of an application that was just made, one a look; then moto's. */
  applicationStates?: readonly string[];
  /** Called when a job begins to run; what it returns, if anything, is the state it ends in. */
  onRun?: (job: JobRun) => Promise<{ state: string; details: string } | undefined>;
  /** What a processing job does; when it throws, the job fails with the error's message. */
  onProcessingJob?: (request: Json) => Promise<void>;
}

export class Front {
  readonly calls: string[] = [];
  /** Everything that was sent, but for the bodies of objects. */
  readonly requests: Incoming[] = [];
  /** Access keys of the calls. */
  readonly signers = new Set<string>();
  /** Every kind of call there ever was. */
  readonly kinds = new Set<string>();
  readonly faults: Fault[] = [];
  /** Keys whose credentials have expired. */
  readonly expiredKeys = new Set<string>();
  readonly jobs = new Map<string, JobRun>();
  /** Answers of GetApplication and ListApplications, by id, over what moto and the making said. */
  readonly overrides = new Map<string, Json>();
  readonly quotas = new Map<string, number>();
  options: FrontOptions;

  private readonly applications = new Map<string, Json>();
  private readonly tokens = new Map<string, string>();
  private readonly processing = new Map<
    string,
    { script: string[]; state: string; reason: string; work: Promise<void> }
  >();

  private constructor(
    private readonly server: Server,
    private readonly moto: URL,
    readonly endpoint: string,
    options: FrontOptions,
  ) {
    this.options = options;
  }

  static async start(moto: string, options: FrontOptions = {}): Promise<Front> {
    const server = createServer();
    // Longer than any pause of a test: a connection closed just as it is used again fails a client without retries.
    server.keepAliveTimeout = 300_000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const front = new Front(server, new URL(moto), `http://127.0.0.1:${address.port}`, options);
    server.on('request', (incoming, response) => {
      readRequest(incoming)
        .then((request) => front.answer(request, response))
        .catch((error: unknown) => {
          sendError(
            response,
            { service: '', method: '' },
            { status: 500, type: 'InternalFailure', message: String(error) },
          );
        });
    });
    return front;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The calls that changed something, in order. */
  get writes(): string[] {
    return this.calls.filter((call) => !/:(Get|List|Describe|Head)/.test(call));
  }

  /** Lets a held job go on: the rest of its states, one a poll. */
  release(job: JobRun, ...states: string[]): void {
    job.script = states;
  }

  private async answer(incoming: Incoming, response: ServerResponse): Promise<void> {
    const call = `${incoming.service}:${incoming.operation}`;
    this.calls.push(call);
    this.kinds.add(call);
    this.requests.push(isObjectBody(incoming) ? { ...incoming, body: Buffer.of() } : incoming);
    this.signers.add(incoming.accessKeyId);
    if (this.expiredKeys.has(incoming.accessKeyId)) {
      const type =
        incoming.service === 's3' || incoming.service === 'sts' ? 'ExpiredToken' : 'ExpiredTokenException';
      const message = 'The security token included in the request is expired';
      sendError(response, incoming, { status: 400, type, message });
      return;
    }
    const fault = this.faults.find((one) => one.call.test(call) && one.times > 0);
    if (fault !== undefined && (fault.after ?? 0) > 0) fault.after = (fault.after ?? 0) - 1;
    else if (fault !== undefined) {
      fault.times--;
      if (fault.reply === 'held') return;
      if (fault.reply === 'cut') response.destroy();
      else if (fault.reply === 'cut-answer') {
        await this.carryOut(incoming, undefined);
        response.destroy();
      } else sendError(response, incoming, fault.reply);
      return;
    }
    await this.carryOut(incoming, response);
  }

  /** @param response missing when nobody hears the answer */
  private async carryOut(incoming: Incoming, response: ServerResponse | undefined): Promise<void> {
    const send = (document: unknown): void => {
      if (response) sendJson(response, document);
    };
    const refuse = (status: number, type: string, message: string): void => {
      if (response) sendError(response, incoming, { status, type, message });
    };
    const { service, operation, url, body } = incoming;
    if (service === 'emr-serverless') {
      const [, , applicationId = '', , jobRunId = ''] = url.replace(/\?.*/s, '').split('/');
      const job = this.jobs.get(jobRunId);
      switch (operation) {
        case 'StartJobRun': {
          send(await this.startJob(incoming, applicationId));
          return;
        }
        case 'GetJobRun': {
          if (job) send({ jobRun: this.look(job) });
          else refuse(404, 'ResourceNotFoundException', `Job run ${jobRunId} not found`);
          return;
        }
        case 'ListJobRuns': {
          const of = [...this.jobs.values()].filter((one) => one.applicationId === applicationId);
          send({ jobRuns: of.map((one) => ({ ...told(one), id: one.jobRunId })) });
          return;
        }
        case 'CancelJobRun': {
          if (job) {
            job.state = 'CANCELLING';
            job.script = ['CANCELLED'];
          }
          send({ applicationId, jobRunId });
          return;
        }
        case 'GetDashboardForJobRun': {
          send({ url: `https://dashboard.example/${jobRunId}` });
          return;
        }
        case 'CreateApplication': {
          const asked = JSON.parse(body.toString()) as Json;
          const token = String(asked['clientToken']);
          const before = this.tokens.get(token);
          const made = before === undefined ? await this.json(incoming) : (JSON.parse(before) as Json);
          this.tokens.set(token, JSON.stringify(made));
          const { imageConfiguration, architecture, maximumCapacity, autoStopConfiguration } = asked;
          this.applications.set(String(made['applicationId']), {
            script: [...(this.options.applicationStates ?? [])],
            ...(imageConfiguration === undefined ? {} : { imageConfiguration }),
            ...(architecture === undefined ? {} : { architecture }),
            ...(maximumCapacity === undefined ? {} : { maximumCapacity }),
            ...(autoStopConfiguration === undefined ? {} : { autoStopConfiguration }),
          });
          send(made);
          return;
        }
        case 'GetApplication': {
          const known = this.applications.get(applicationId);
          if (known === undefined) break;
          const { application } = (await this.json(incoming)) as { application: Json };
          const { script } = known;
          const next = (script as string[]).shift();
          const state =
            next === undefined ? {} : { state: next, stateDetails: next === 'TERMINATED' ? 'gone' : '' };
          send({ application: { ...application, ...known, ...state, ...this.overrides.get(applicationId) } });
          return;
        }
        case 'ListApplications': {
          const { applications } = (await this.json(incoming)) as { applications: Json[] };
          send({
            applications: applications.map((one) => ({ ...one, ...this.overrides.get(String(one['id'])) })),
          });
          return;
        }
      }
    }
    if (service === 'servicequotas' && operation === 'ListServiceQuotas') {
      send({ Quotas: [...this.quotas].map(([QuotaName, Value]) => ({ QuotaName, Value })) });
      return;
    }
    if (service === 'sagemaker' && operation === 'CreateProcessingJob') {
      const request = JSON.parse(body.toString()) as Json;
      const name = String(request['ProcessingJobName']);
      if (this.processing.has(name)) {
        refuse(400, 'ResourceInUse', 'Job name must be unique within an AWS account and region');
        return;
      }
      const job = {
        script: ['InProgress', 'InProgress', 'Completed'],
        state: 'InProgress',
        reason: '',
        work: Promise.resolve(),
      };
      job.work = (this.options.onProcessingJob?.(request) ?? Promise.resolve()).catch((error: unknown) => {
        job.script = ['Failed'];
        job.reason = error instanceof Error ? error.message : String(error);
      });
      this.processing.set(name, job);
    }
    if (service === 'sagemaker' && operation === 'DescribeProcessingJob') {
      const name = String((JSON.parse(body.toString()) as Json)['ProcessingJobName']);
      const job = this.processing.get(name);
      if (job) {
        if (job.script.length === 1) await job.work;
        job.state = job.script.shift() ?? job.state;
        const { ProcessingEndTime, ...known } = await this.json(incoming);
        const end = job.state === 'InProgress' ? {} : { ProcessingEndTime };
        send({
          ...known,
          ...end,
          ProcessingJobStatus: job.state,
          ...(job.reason && { FailureReason: job.reason }),
        });
        return;
      }
    }
    if (service === 'sagemaker' && operation === 'ListProcessingJobs') {
      const { ProcessingJobSummaries: all, ...rest } = (await this.json(incoming)) as {
        ProcessingJobSummaries: Json[];
      };
      const told = all.map((one) => {
        const job = this.processing.get(String(one['ProcessingJobName']));
        return job === undefined ? one : { ...one, ProcessingJobStatus: job.state };
      });
      send({ ...rest, ProcessingJobSummaries: told });
      return;
    }
    if (service === 'sagemaker' && operation === 'StopProcessingJob') {
      const job = this.processing.get(String((JSON.parse(body.toString()) as Json)['ProcessingJobName']));
      if (job) job.script = ['Stopped'];
      send({});
      return;
    }
    const answered = await this.forward(incoming);
    response?.writeHead(answered.status, answered.headers);
    response?.end(answered.body);
  }

  /** moto starts a second job for a token it has seen; the service does not. */
  private async startJob(incoming: Incoming, applicationId: string): Promise<unknown> {
    const request = JSON.parse(incoming.body.toString()) as Json;
    const token = String(request['clientToken']);
    const before = this.tokens.get(token);
    if (before !== undefined) return { applicationId, jobRunId: before };
    const answer = await this.json(incoming);
    const jobRunId = String(answer['jobRunId']);
    this.tokens.set(token, jobRunId);
    const now = Date.now() / 1000;
    const script = [...(this.options.script ?? ['PENDING', 'SCHEDULED', 'RUNNING', 'SUCCESS'])];
    this.jobs.set(jobRunId, {
      applicationId,
      jobRunId,
      request,
      state: 'SUBMITTED',
      stateDetails: '',
      script,
      createdAt: now,
      updatedAt: now,
    });
    return answer;
  }

  /** A poll, which moves the job by one state. */
  private look(job: JobRun): unknown {
    const next = job.script[0];
    if (next !== undefined && next !== 'hold') {
      job.script.shift();
      if (next === 'RUNNING' && job.state !== 'RUNNING') this.begin(job);
      job.state = next;
      if (next === 'FAILED')
        job.stateDetails ||= 'Job failed, please check complete logs in configured logging destination.';
    }
    job.updatedAt = Date.now() / 1000;
    return told(job);
  }

  private begin(job: JobRun): void {
    const { onRun } = this.options;
    if (!onRun) return;
    const rest = job.script;
    job.script = ['hold'];
    void onRun(job)
      .catch((error: unknown) => ({ state: 'FAILED', details: String(error) }))
      .then((end) => {
        job.script = end === undefined ? rest : [end.state];
        job.stateDetails = end?.details ?? '';
      });
  }

  private async json(incoming: Incoming): Promise<Json> {
    const { status, body } = await this.forward(incoming);
    if (status >= 300) throw new Error(`moto: ${status} ${body.toString()}`);
    return JSON.parse(body.toString()) as Json;
  }

  private async forward({ method, url, headers, body }: Incoming): Promise<{
    status: number;
    headers: Record<string, string | string[]>;
    body: Buffer;
  }> {
    return new Promise((resolve, reject) => {
      const passed = { ...headers };
      delete passed.connection;
      const request = httpRequest(
        { host: this.moto.hostname, port: this.moto.port, method, path: url, headers: passed, agent: false },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const rest = { ...answer.headers };
            delete rest.connection;
            resolve({
              status: answer.statusCode ?? 500,
              headers: rest as Record<string, string | string[]>,
              body: Buffer.concat(chunks),
            });
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }
}

function isObjectBody({ service, method }: Incoming): boolean {
  return service === 's3' && method === 'PUT';
}

/** A job run as GetJobRun tells of it. */
function told(job: JobRun): Json {
  const { jobDriver, configurationOverrides, name, executionRoleArn } = job.request;
  return {
    applicationId: job.applicationId,
    jobRunId: job.jobRunId,
    arn: `arn:aws:emr-serverless:us-east-1:123456789012:/applications/${job.applicationId}/jobruns/${job.jobRunId}`,
    createdBy: 'arn:aws:iam::123456789012:user/test',
    executionRole: executionRoleArn,
    releaseLabel: 'emr-6.13.0',
    name,
    jobDriver,
    ...(configurationOverrides === undefined ? {} : { configurationOverrides }),
    state: job.state,
    stateDetails: job.stateDetails,
    createdAt: job.createdAt,
    updatedAt: job.updatedAt,
    totalResourceUtilization: { vCPUHour: 0.5, memoryGBHour: 2, storageGBHour: 1 },
  };
}
